-- Constructors, array and field access, shapes that change under a cache.
local function size(t) local n = 0 for _ in pairs(t) do n = n + 1 end return n end
local t = {1, 2, 3, x = "a", ["y z"] = "b", [10] = 10, [1.0] = "replaced", 4}
print(t[1], t[4], t.x, t["y z"], t[10], #t, size(t))
print(({n = 1, n = 2}).n, ({[1] = "keyed", "positional"})[1], #{n = nil}, ({f = print}).f == print)
local function three() return 1, 2, 3 end
local u = {three(), three(), k = three()}
print(#u, u.k, #{three(), nil}, #{(three())})
local big = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, [1] = "late", [53] = "early", 56}
print(#big, big[1], big[53], big[56])
print(pcall(function() return {[nil] = 1} end))
print(pcall(function() return {[0 / 0] = 1} end))
local points = {}
for i = 1, 6 do points[i] = i % 2 == 0 and {x = i, y = -i} or {y = -i, x = i, z = 0} end
local sx, sy = 0, 0
for _, p in ipairs(points) do sx = sx + p.x sy = sy + p.y end
print(sx, sy)
local function read(o) return o.v end
local shapes = {{v = 1}, {a = 1, v = 2}, {b = 1, v = 3}, {c = 1, v = 4}, {d = 1, v = 5}, {e = 1, v = 6}, {}, setmetatable({}, {__index = {v = 8}})}
for round = 1, 2 do for _, s in ipairs(shapes) do io.write(tostring(read(s)), " ") end end
print()
local function write(o, v) o.v = v o.w = v end
for round = 1, 2 do for i, s in ipairs(shapes) do write(s, i * round) end end
for _, s in ipairs(shapes) do io.write(s.v, s.w, " ") end
print()
local o = {}
for i = 1, 200 do o["f" .. i] = i end
o.f100 = nil
print(o.f1, o.f100, o.f200, size(o))
local a = {}
for i = 1, 10 do a[i] = i * i end
a[5] = "five" a[11] = 11.5 a[13] = 13
print(a[5], a[11], a[12], a[13], a[0], a[-1], a["1"], a[1.0], a[2.5])
a[13], a[12] = nil, nil a[#a] = nil
print(#a)
local matrix = {}
for i = 1, 3 do matrix[i] = {} for j = 1, 3 do matrix[i][j] = i * j end end
matrix[2][2] = matrix[2][2] + 0.5
print(matrix[1][3], matrix[2][2], matrix[3][3])
local i = 1
i, a[i], a[i + 1] = i + 1, "first", "second"
print(i, a[1], a[2])
local x, y = 1, 2
x, y = y, x
a[1], a[2] = a[2], a[1]
print(x, y, a[1], a[2])
local p = {q = {r = 1}}
p.q, p.q.r = {r = "new"}, "old"
print(p.q.r)
do local a = {} local b = a a.x, a = 1, {y = 2} print(b.x, a.x, a.y) end
local floats = {1.5, 2.5}
floats[3] = 3
print(floats[1] + floats[3], math.type(floats[3]))
local flags = {true, false}
flags[3] = true
print(flags[1], flags[2], #flags, flags[4])
G = 1
local function bump() G = G + 1 return G end
print(bump(), bump(), _G.G, _ENV.G)
NEW_GLOBAL = "n"
print(bump(), rawget(_G, "NEW_GLOBAL"))
local k = "dynamic"
local d = {dynamic = 1}
d[k] = d[k] + 1
print(d[k], d.dynamic, d["dyn" .. "amic"])
local long = ("long"):rep(20)
d[long] = "l"
print(d[long], d.longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong)
