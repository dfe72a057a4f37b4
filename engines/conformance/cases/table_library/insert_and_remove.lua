-- insert and remove at the end, at the start, in the middle and at the borders.
local t = { "a", "b", "c" }
local function show(...) print(table.concat(t, ","), ...) end
table.insert(t, "d") show()
table.insert(t, 1, "start") show()
table.insert(t, 3, "middle") show()
table.insert(t, #t + 1, "end") show()
show(table.remove(t))
show(table.remove(t, 1))
show(table.remove(t, 2))
show(table.remove(t, #t))
show(table.remove(t, #t + 1))
print(table.remove({}), table.remove({}, 0), #t, table.remove({ [0] = "zero" }, 0))
print(pcall(table.insert, t, 10, "x"))
print(pcall(table.insert, t, 0, "x"))
print(pcall(table.remove, t, 10))
print(pcall(table.remove, t, -1))
print(pcall(table.insert, t))
print(pcall(table.insert, t, 1, 2, 3))
print(pcall(table.insert, t, "x", 2))
for i = 1, 20 do table.insert(t, 1, i) end
for _ = 1, 19 do table.remove(t, 1) end
show()
