-- Every metamethod from every kind of node.
local log = {}
local mt = {}
local function new(name) return setmetatable({name = name}, mt) end
local function text(v) return type(v) == "table" and v.name or tostring(v) end
for _, event in ipairs({"add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "concat"}) do
  mt["__" .. event] = function(a, b) return event .. "(" .. text(a) .. "," .. text(b) .. ")" end
end
mt.__unm = function(a, b) return "unm(" .. text(a) .. "," .. tostring(a == b) .. ")" end
mt.__bnot = function(a) return "bnot(" .. text(a) .. ")" end
mt.__len = function(a) return "len(" .. text(a) .. ")" end
local a, b = new("a"), new("b")
print(a + b, a - 1, 2 * a, a / 1.5, a % "x", "y" ^ a, a // b)
print(a & 1, 1 | a, a ~ b, a << 1, 1 >> a, -a, ~a, #a)
print(a .. "s", "s" .. a, 1 .. a, a .. b .. "c", "x" .. "y" .. a)
mt.__eq = function(x, y) log[#log + 1] = "eq" return x.name == y.name end
mt.__lt = function(x, y) return text(x) < text(y) end
mt.__le = function(x, y) return text(x) <= text(y) end
print(a == b, a == new("a"), a ~= new("a"), a == 1, #log)
print(a < b, a > b, a <= b, a >= b, a < "z", "0" > a)
if a < b and not (a >= b) then print("ordered") end
mt.__index = function(t, k) return k .. "?" end
print(a.missing, a[1], a.name)
mt.__newindex = function(t, k, v) rawset(t, k, v .. "!") end
a.field, a[1] = "v", "w"
a.field = "again"
print(a.field, a[1], rawget(a, "field"))
mt.__call = function(self, ...) return self.name, select("#", ...), ... end
print(a(), a(1, nil))
print(pcall(a, 5))
local nested = setmetatable({}, {__call = a})
print(select("#", nested(1)), (select(2, nested(1))), (select(4, nested(1))))
local base = {greet = function(self) return "hi " .. self.name end, kind = "base"}
local derived = setmetatable({kind = "derived"}, {__index = base})
local object = setmetatable({name = "o"}, {__index = derived})
for i = 1, 3 do
  print(object:greet(), object.kind, object.absent)
  if i == 1 then derived.greet = function(self) return "hello " .. self.name end end
  if i == 2 then derived.kind = nil base.absent = "found" end
end
local proxy = setmetatable({}, {__index = object, __newindex = object})
proxy.fresh = 1
print(proxy.fresh, rawget(proxy, "fresh"), object.fresh, proxy:greet())
local counts = setmetatable({}, {__index = function() return 0 end})
for w in ("a b a c a b"):gmatch("%a") do counts[w] = counts[w] + 1 end
print(counts.a, counts.b, counts.c, counts.d)
print(tostring(setmetatable({}, {__tostring = function() return "shown" end})), tostring(setmetatable({}, {__name = "Named"})):match("^Named: "))
print(getmetatable(setmetatable({}, {__metatable = "locked"})), pcall(setmetatable, setmetatable({}, {__metatable = 1}), {}))
local read_only = setmetatable({}, {__index = {x = 1}, __newindex = function(_, k) error("read-only " .. k, 2) end})
print(read_only.x, pcall(function() read_only.y = 2 end))
local chain = {}
for i = 1, 5 do chain = setmetatable({["k" .. i] = i}, {__index = chain}) end
print(chain.k1, chain.k3, chain.k5, chain.k6)
local global_mt = setmetatable({}, {__index = function(_, k) return "global " .. k end, __newindex = function(t, k, v) rawset(t, k, v * 2) end})
do local _ENV, out = global_mt, print; x = 4; out(x, undefined_name) end
