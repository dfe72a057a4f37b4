-- Minus zero equals zero but divides to the other infinity and prints its sign.
local z, nz = 0.0, -0.0
print(z, nz, z == nz, 1/z, 1/nz, nz + 0, nz + 0.0, nz - 0.0, 0 - z, -z, -(0))
print(nz * 1, nz * -1, z * -5, 0 / -3, -0.0 // 1, -0.0 % 5, 0 % -5.0)
local t = { [0] = "zero" }
print(t[nz], t[-0.0], t[0.0])
t[-0.0] = "changed"
print(t[0], next(t))
print(math.type(-0), -0, 0 * -1, math.max(-0.0, 0.0), math.min(0.0, -0.0), math.abs(-0.0))
local function negate(x) return -x end
for _, v in ipairs { 0, 0.0, -0.0 } do print(negate(v)) end
local function constants(y) return y - 0, y + 0, y - 0.0, y + 0.0, 0 - y, 0 + y, 0.0 - y, y // 1, y % 1, -y end
for _, v in ipairs { -0.0, 0.0, 0, -0.0, 0.0 } do print(constants(v)) end
local sum, difference = -0.0, -0.0
for _ = 1, 20 do
  sum, difference = sum + 0, difference - 0
end
print(sum, difference, nz - 0, 1 / (nz - 0))
