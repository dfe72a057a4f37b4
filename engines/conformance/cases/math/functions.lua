-- Roots, logarithms and trigonometry at points where the result is known.
print(math.sqrt(16), math.sqrt(2), math.sqrt(-1) ~= math.sqrt(-1), math.sqrt(0), math.exp(0), math.exp(1))
print(math.log(1), math.log(8, 2), math.log(100, 10), math.log(27, 3), math.log(0), math.log(1024, 2), math.log(1/0))
print(math.sin(0), math.cos(0), math.tan(0), math.asin(0), math.acos(1), math.atan(0), math.atan(1, 1) * 4 == math.pi)
print(math.atan(1, 0), math.atan(-1, 0), math.atan(0, -1), math.atan(-0.0, -1), math.atan(0, 1), math.atan(1))
print(math.pi, math.huge, -math.huge, math.maxinteger, math.mininteger, math.deg(math.pi), math.rad(180))
print(string.format("%.12g %.12g %.12g", math.sin(1), math.cos(1), math.tan(1)))
print(pcall(math.sqrt))
print(pcall(math.log, "x"))
