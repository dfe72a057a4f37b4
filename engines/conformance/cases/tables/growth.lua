-- A table that grows by one element at a time, by append and by index.
local t = {}
for i = 1, 1000 do t[#t + 1] = i end
print(#t, t[1], t[500], t[1000], t[1001])
local u = {}
for i = 1, 1000 do u[i] = i * 2 end
print(#u, u[1], u[500], u[1000])
local sum = 0
for i = 1, #u do sum = sum + u[i] - t[i] end
print(sum)
