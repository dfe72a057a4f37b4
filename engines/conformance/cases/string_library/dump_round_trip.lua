-- string.dump and load: constants, nested functions, varargs, enclosing constants, environments.
local function again(f, ...)
  return assert(load(string.dump(f), "not used", "b", ...))
end
print(again(function(...) return select("#", ...), ... end)(1, nil, 3))
print(again(function() return nil, true, 1, -2.5, "text", "\0\255\n", 1 // 0.0 end)())
print(again(function(n) local t = {} for i = 1, n do t[i] = i * i end return table.concat(t, " ") end)(5))
print(again(function(a) return function(b) return function(c) return a + b + c end end end)(1)(2)(3))
local limit <const> = 7
local name <const> = "constant"
print(again(function() return limit, name, (function() return limit * 2 end)() end)())
print(again(function() goto done do return 1 end ::done:: return 2 end)())
print(again(load("local a <const> = 3 return a, ...", "=chunk"))(4))
print(again(load("return _ENV", "=chunk"), 77)(), again(load("return x", "=chunk"), { x = "own" })())
print(again(again(function(x) return x .. "!" end))("twice"))
local f = again(function() function made() return "by the loaded chunk" end end)
f()
print(made(), string.dump(made) == string.dump(made))
-- Upvalues do not travel: the first is the environment, whatever its name, and the others are nil.
local one, two = 1, 2
local g = again(function() two, one = one, two return one, two end, "environment")
print(g())
print(g(), one, two)
print(again(function() return one end)() == _G, pcall(again(function() return print(one, two) end, nil)))
local object = {}
function object:method(x) return self.base + x end
object.method = again(object.method)
object.base = 40
print(object:method(2))
print(load(string.dump(function() return 1 end))(), load(string.dump(f, true)) ~= nil)
-- A reader function may give a dump in pieces.
local dumped, at = string.dump(function() return "in pieces" end), 0
print(load(function() at = at + 1 return dumped:sub(at, at) ~= "" and dumped:sub(at, at) or nil end)())
