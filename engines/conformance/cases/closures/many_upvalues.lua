-- A function with many upvalues, read and written.
local a, b, c, d, e, f, g, h, i, j = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local function rotate() a, b, c, d, e, f, g, h, i, j = b, c, d, e, f, g, h, i, j, a end
local function sum() return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6 + g * 7 + h * 8 + i * 9 + j * 10 end
print(sum())
rotate()
print(sum(), a, j)
for _ = 1, 9 do rotate() end
print(sum(), a, j)
