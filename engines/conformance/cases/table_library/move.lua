-- move copies ranges, also onto themselves and into another table.
local function show(t) print(table.concat(t, " ")) end
show(table.move({ 1, 2, 3, 4, 5 }, 2, 4, 1))
show(table.move({ 1, 2, 3, 4, 5 }, 1, 3, 2))
show(table.move({ 1, 2, 3 }, 1, 3, 3))
show(table.move({ 1, 2, 3 }, 1, 0, 5))
local target = { "x", "y" }
print(table.move({ 1, 2, 3 }, 1, 3, 2, target) == target)
show(target)
show(table.move({ [0] = "zero", "one" }, 0, 1, 1))
show(table.move(setmetatable({}, { __index = function(_, i) return i * i end }), 1, 4, 1, {}))
print(pcall(table.move, {}, 1, math.maxinteger, 2))
print(pcall(table.move, {}, math.mininteger, 1, 1))
print(pcall(table.move, {}, 1, 2))
print(pcall(table.move, 1, 1, 2, 3))
