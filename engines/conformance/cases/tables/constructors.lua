-- Positions, names, expressions as keys, and results of calls in a constructor.
local function three() return 1, 2, 3 end
local t = { "a", "b"; x = 1, [10] = "ten", "c", ["y z"] = 2, [1.5] = "f" }
print(#t, t[1], t[2], t[3], t.x, t[10], t["y z"], t[1.5])
print(#{ three() }, #{ three(), three() }, #{ (three()) }, #{ three(), nil }, #{})
local u = { [1] = "explicit", "positional" }
print(u[1])
print(#{ 1, 2, 3, nil }, #{ n = 1 }, #{ [1] = 1, [2] = 2 }, next({}))
local v = { x = 1, x = 2, ["x"] = 3 }
print(v.x)
local nested = { { { 1 } }, a = { b = { c = "deep" } } }
print(nested[1][1][1], nested.a.b.c)
local function varargs(...) return { ... }, { ..., "last" }, { n = select("#", ...), ... } end
local a, b, c = varargs("p", "q", "r")
print(#a, #b, b[1], b[2], c.n, c[3])
