-- A comparator that lies is found out or not, but nothing breaks.
local t = {}
for i = 1, 100 do t[i] = i % 10 end
local ok, message = pcall(table.sort, t, function() return true end)
print(ok, message)
print(#t)
t = { 5, 4, 3, 2, 1 }
ok = pcall(table.sort, t, function(a, b) return a <= b end)
local sum = 0
for i = 1, 5 do sum = sum + t[i] end
print(type(ok), sum)
t = {}
for i = 1, 50 do t[i] = (i * 7) % 50 end
print(pcall(table.sort, t, function() return false end))
sum = 0
for _, v in ipairs(t) do sum = sum + v end
print(sum)
