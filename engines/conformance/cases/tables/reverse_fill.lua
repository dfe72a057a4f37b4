-- Filling from the end gives the same table as filling from the start.
local t = {}
for i = 100, 1, -1 do t[i] = i end
print(#t, t[1], t[50], t[100], t[0], t[101])
local sum = 0
for i, v in ipairs(t) do sum = sum + i * v end
print(sum)
local u = {}
for i = 64, 1, -1 do u[i] = "v" .. i end
u[65] = "v65"
print(#u, u[1], u[64], u[65])
