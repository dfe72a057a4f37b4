-- Tables and keys of the left side are evaluated before the assignment takes place.
local log = {}
local function mark(name, value) log[#log + 1] = name return value end
local t, u = {}, {}
mark("t", t)[mark("k1", 1)], mark("u", u)[mark("k2", 2)] = mark("v1", "x"), mark("v2", "y")
print(table.concat(log, " "), t[1], u[2])
local a = { 1, 2 }
local b = a
a[1], a = "first", { "other" }
print(b[1], a[1])
local i = 3
i, a[i] = 20, "key was 3"
print(i, a[3], a[20])
