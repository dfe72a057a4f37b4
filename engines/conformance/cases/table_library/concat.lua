-- concat with separators and ranges; it takes strings and numbers only.
print(table.concat({}), table.concat({}, ","), table.concat({ 1 }, ","), table.concat({ 1, 2.5, "x", -0.0 }, ","))
print(table.concat({ "a", "b", "c", "d" }, "-", 2), table.concat({ "a", "b", "c", "d" }, "-", 2, 3), table.concat({ "a" }, "-", 3))
print(table.concat({ "a", "b" }, 1), table.concat({ "a", "b", "c" }, ", ", 3, 3), #table.concat({ "\0", "\0" }, "\0"))
print(table.concat({ [5] = "five", [6] = "six" }, " ", 5, 6), table.concat({}, "x", 1, 0), table.concat({}, "x", 2, 1))
print(pcall(table.concat, { 1, {}, 3 }))
print(pcall(table.concat, { 1, 2 }, "", 1, 3))
print(pcall(table.concat, { true }))
print(pcall(table.concat, 5))
print(pcall(table.concat, { 1 }, {}))
local big = {}
for i = 1, 2000 do big[i] = i end
print(#table.concat(big), #table.concat(big, "--"))
