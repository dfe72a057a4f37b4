-- One float operand makes the operation a float operation; / and ^ always are.
for _, pair in ipairs { {7, 2}, {7.0, 2}, {7, 2.0}, {-7.5, 2}, {"7", 2}, {7, "2.0"} } do
  local a, b = pair[1], pair[2]
  print(a + b, a - b, a * b, a / b, a // b, a % b, a ^ b)
end
