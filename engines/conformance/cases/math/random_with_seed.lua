-- The same seed gives the same numbers: those of xoshiro256**, as PUC Lua computes them.
math.randomseed(42)
local first = {}
for i = 1, 5 do first[i] = math.random(1000000) end
print(table.concat(first, " "))
math.randomseed(42)
for i = 1, 5 do assert(math.random(1000000) == first[i]) end
print(string.format("%.14g %.14g", math.random(), math.random()))
print(math.random(10), math.random(-5, 5), math.random(0) ~= math.random(0), math.random(3, 3))
math.randomseed(1, 2)
print(math.random(100), math.random(100), math.random(math.mininteger, math.maxinteger))
math.randomseed(7.0)
print(math.random(1 << 40), math.random(0))
math.randomseed(-1)
print(math.random(1 << 62))
