-- // and % on floats round towards minus infinity, also for infinities and tiny values.
for _, pair in ipairs { {7.5, 2}, {-7.5, 2}, {7.5, -2}, {-7.5, -2}, {5.25, 0.5}, {-5.25, 0.5}, {1e-300, 1}, {-1e-300, 1} } do
  local a, b = pair[1], pair[2]
  print(a, b, a // b, a % b)
end
print(5.0 % math.huge, -5.0 % math.huge, 5.0 % -math.huge, -5.0 % -math.huge, 0.0 % math.huge, 5.3 % 1 < 0.31)
print(1e15 % 7.0, -1e15 % 7.0, 2^53 % 3, 3.5 // 0.0, -3.5 // 0.0, 3.5 // -0.0)
