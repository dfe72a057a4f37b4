-- limits: seconds=30 memory=1000000000 | ends: 0
local parts = {"local t = {}"}
for i = 1, 100000 do parts[#parts + 1] = "t[" .. i .. "] = function() return " .. i .. " end" end
parts[#parts + 1] = "return t"
local t = assert(load(table.concat(parts, "\n")))()
assert(t[1]() == 1 and t[100000]() == 100000)
