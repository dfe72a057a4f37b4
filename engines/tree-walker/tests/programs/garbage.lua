-- Values that live in temporaries while garbage is made and collected around them.
local function garbage(v) local t = {} for i = 1, 3 do t[i] = {tostring(i) .. "g"} end collectgarbage() return v end
local function make(n) return {tag = "t" .. n, n = n} end
print(make(1).tag .. garbage("x") .. make(2).tag)
print((make(3).n + garbage(1)) * (make(4).n - garbage(1)))
print(#(make("long enough not to be interned, so that it is an object of its own").tag .. garbage("y")))
local t = {make(5), garbage(make(6)), k = garbage(make(7)), [garbage("z")] = make(8)}
print(t[1].tag, t[2].tag, t.k.tag, t.z.tag)
make(9)[garbage("field")] = garbage(make(10))
print(make(11)[garbage("tag")], garbage(make(12)).tag, (garbage(make)(13)).tag)
local closures = {}
for i = 1, 3 do local cell = make(i) closures[i] = function() return garbage(cell).tag end end
print(closures[1](), closures[2](), closures[3]())
local object = setmetatable({}, {__index = function(_, k) return garbage("i" .. k) end, __add = function(a, b) return garbage(b) end})
print(object.a .. object.b, (object + make(14)).tag)
local function varargs(...) garbage() return select("#", ...), (select(2, ...)).tag end
print(varargs(make(15), make(16), make(17)))
local a, b = make(18), make(19)
a, b = garbage(b), garbage(a)
print(a.tag, b.tag)
local s = ""
for i = 1, 20 do s = s .. garbage(i) .. "," end
print(s)
for k, v in pairs({x = make(20), y = make(20)}) do garbage() io.write(v.tag, " ") end
for i, v in ipairs({make(21), make(22)}) do garbage() io.write(i, v.tag, " ") end
for v in (function() local n = 0 return function() n = n + 1 if n < 3 then return make(n + 22) end end end)() do garbage() io.write(v.tag, " ") end
print()
local function compare(x, y) return setmetatable({v = x}, {__lt = function(l, r) garbage() return l.v < r.v end}) end
print(compare(1) < garbage(compare(2)), compare(2) < garbage(compare(1)))
local tree
local function build(depth) if depth == 0 then return {} end return {build(depth - 1), build(depth - 1)} end
local function count(node) if not node[1] then return 1 end return count(node[1]) + count(node[2]) + 1 end
tree = build(6)
garbage()
print(count(tree), pcall(function() garbage() error(make(23)) end) == false, select(2, pcall(error, make(24))).tag)
