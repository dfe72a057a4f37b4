-- The result of % has the sign of the divisor, and a == (a // b) * b + a % b.
for _, a in ipairs { 7, -7, 6, -6, 0, 1, -1, math.maxinteger, math.mininteger } do
  for _, b in ipairs { 2, -2, 3, -3, 1, -1, 10, math.maxinteger, math.mininteger } do
    print(a, b, a % b, a == (a // b) * b + a % b)
  end
end
