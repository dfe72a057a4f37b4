-- Integer division rounds towards minus infinity.
for _, pair in ipairs { {7, 2}, {-7, 2}, {7, -2}, {-7, -2}, {6, 3}, {-6, 3}, {0, 5}, {0, -5}, {1, -1}, {-1, 3} } do
  local a, b = pair[1], pair[2]
  print(a, b, a // b)
end
print(math.mininteger // -1, math.mininteger // 1, math.maxinteger // -1)
print(math.mininteger // 2, math.mininteger // math.mininteger, math.maxinteger // math.mininteger)
