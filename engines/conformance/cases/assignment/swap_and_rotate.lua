-- All values are computed before any is assigned.
local a, b, c = 1, 2, 3
a, b = b, a
print(a, b, c)
a, b, c = c, a, b
print(a, b, c)
local t = { 1, 2, 3 }
t[1], t[2], t[3] = t[3], t[1], t[2]
print(t[1], t[2], t[3])
local i = 1
i, t[i] = i + 1, "at one"
print(i, t[1], t[2])
for _ = 1, 101 do a, b = b, a end
print(a, b)
x, y = 1, 2
x, y = y, x
print(x, y)
