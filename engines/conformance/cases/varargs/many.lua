-- Thousands of arguments and results.
local function count(...) return select("#", ...) end
local function last(...) return (select(select("#", ...), ...)) end
local t = {}
for i = 1, 5000 do t[i] = i end
print(count(table.unpack(t)), last(table.unpack(t)), #{ table.unpack(t) })
local function through(...) return ... end
print(count(through(through(table.unpack(t)))), count("before", through(table.unpack(t))))
print(#string.char(table.unpack((function() local b = {} for i = 1, 200 do b[i] = i end return b end)())))
print(math.max(table.unpack(t)), (select(4999, table.unpack(t))))
