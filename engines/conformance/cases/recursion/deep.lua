-- A hundred and fifty thousand calls deep, and back.
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(150000))
local function sum(t, i) if i > #t then return 0 end return t[i] + sum(t, i + 1) end
local t = {}
for i = 1, 50000 do t[i] = i end
print(sum(t, 1))
local list = nil
for i = 1, 2000 do list = { value = i, rest = list } end
local function length(l) if not l then return 0 end return 1 + length(l.rest) end
print(length(list))
