-- A float key with an integral value is the integer key; other floats are their own keys.
local t = {}
t[1.0], t[2], t[2^53] = "one", "two", "big"
print(t[1], t[2.0], t[1 << 53], next({ [3.0] = true }))
t[1.5], t[-0.0], t[1e300] = "half", "zero", "huge"
print(t[1.5], t[0], t[0.0], t[1e300], t[1.25])
for k in pairs({ [5.0] = 1 }) do print(math.type(k)) end
local u = { 10, 20, 30 }
local sum = 0
for i = 1.0, 3.0 do sum = sum + u[i] u[i] = i end
print(sum, u[1], u[2], u[3])
print(t["1"], #t)
