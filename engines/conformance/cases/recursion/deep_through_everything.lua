-- Recursion as deep as it goes, through calls, coroutines, metamethods and callbacks of the library: where compiled code leaves for
-- want of room it goes on elsewhere, and nobody notices.
local function r(n) if n == 0 then return 0 end return 1 + r(n - 1) end
for i = 1, 200 do r(10) end
print(r(100000))
print(pcall(r, 190000))
local co = coroutine.wrap(function() return r(100000) end)
print(co())
local function nest(n) if n == 0 then return r(1000) end return coroutine.wrap(function() return nest(n - 1) end)() end
print(nest(100))
local function deepco(n) if n == 0 then return coroutine.wrap(function() return r(120000) end)() end return 0 + deepco(n - 1) end
print(deepco(60000))
local mt = setmetatable({}, {__index = function(t, k) return k end, __add = function(a, b) return r(50) end})
local function q(n) if n == 0 then return 0 end return mt[n] - n + q(n - 1) + (mt + 1) - 50 end
print(q(5000))
local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1009 end
local function cmp(a, b) return r(20) + a < 20 + b end
table.sort(t, cmp) print(t[1], t[1000])
local function s(n) if n == 0 then return 0 end local x = 0 table.sort({2, 1}, function(a, b) x = s(n - 1) return a < b end) return x + 1 end
print(pcall(s, 150))
