-- Deeply nested tables and long chains of metatables are data like any other.
local deep = {}
for _ = 1, 3000 do deep = { inner = deep } end
local count = 0
while deep.inner do deep, count = deep.inner, count + 1 end
print(count)
local base = { found = "at the end" }
local chain = base
for _ = 1, 50 do chain = setmetatable({}, { __index = chain }) end
print(chain.found, chain.missing)
local text = "return " .. ("("):rep(100) .. "1" .. (")"):rep(100)
print(load(text)())
local nested = load("return " .. ("{"):rep(100) .. ("}"):rep(100))()
local levels = 0
while nested do nested, levels = nested[1], levels + 1 end
print(levels)
print(load("return " .. ("- "):rep(100) .. "1")())
