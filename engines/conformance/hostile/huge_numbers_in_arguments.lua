-- limits: seconds=5 memory=100000000 | ends: 0
assert(("x"):sub(math.mininteger, math.maxinteger) == "x")
assert(not pcall(string.format, "%100d", 1))
assert(not pcall(string.format, "%.100f", 1))
assert(#("%99.99f"):format(1e308) > 300)
assert(not pcall(string.pack, "i17", 1))
assert(not pcall(string.pack, "s1", ("x"):rep(300)))
assert(not pcall(string.packsize, ("i8"):rep(1000) .. "!1000"))
assert(not pcall(utf8.char, -1))
assert(not pcall(table.insert, {}, 5, 1))
assert(not pcall(table.concat, {}, ",", 1, math.maxinteger))
assert(not pcall(coroutine.wrap, 1))
assert(not pcall(setmetatable, 1, {}))
assert(select("#", select(-1, 1, 2)) == 1)
assert(not pcall(select, math.mininteger, 1))
assert(not pcall(math.random, 0, math.mininteger))
local t = {}
t[math.maxinteger], t[math.mininteger], t[2^53] = 1, 2, 3
assert(#t == 0 and next(t))
