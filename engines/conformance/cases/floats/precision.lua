-- Sums of floats are rounded at every step, in the order written.
print(0.1 + 0.2 == 0.3, 0.1 + 0.2 - 0.3, 1e16 + 1 - 1e16, (1e16 + 1.0) + 1.0 == 1e16 + 2.0)
local sum = 0.0
for _ = 1, 10 do sum = sum + 0.1 end
print(sum, sum == 1.0, string.format("%.17g", sum))
print(string.format("%.17g %.17g", 1/3, 2^0.5), 1e308 + 1e308, 1e-308 / 1e10)
local a, b, c = 1e20, -1e20, 1.0
print((a + b) + c, a + (b + c), a + b + c, c + a + b)
