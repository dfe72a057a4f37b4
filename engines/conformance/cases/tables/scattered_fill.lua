-- An array filled in a scattered order, with deletions in between, ends up as the same array.
local t, n = {}, 101
for i = 0, n - 1 do t[i * 37 % n + 1] = i * 37 % n + 1 end
for i = 1, n do assert(t[i] == i) end
print(#t)
for i = 1, n, 2 do t[i] = nil end
for i = 2, n, 2 do assert(t[i] == i and t[i - 1] == nil) end
for i = n, 1, -2 do t[i] = i end
print(#t, t[1], t[n])
local sum = 0
for _, v in ipairs(t) do sum = sum + v end
print(sum)
