-- debug.getinfo of functions and levels; metatables of basic types.
local function f(a, b, ...)
  local info = debug.getinfo(1, "nSlutf")
  print(info.name, info.namewhat, info.what, info.currentline, info.linedefined, info.lastlinedefined)
  print(info.nups, info.nparams, info.isvararg, info.istailcall, info.func == f)
end
f()
local object = { method = f }
object:method()
local info = debug.getinfo(print)
print(info.what, info.short_src, info.source, info.currentline, info.linedefined, info.nparams, info.isvararg)
info = debug.getinfo(1, "S")
print(info.what, info.linedefined, info.lastlinedefined)
print(debug.getinfo(100), pcall(debug.getinfo, 1, "?"))
local function tail() return debug.getinfo(1, "t").istailcall end
local function calls() return tail() end
print(calls(), tail())
local lines = {}
for line in pairs(debug.getinfo(f, "L").activelines) do lines[#lines + 1] = line end
table.sort(lines)
print(table.concat(lines, " "))
print(debug.getinfo(load("return 1", "=named")).short_src, debug.getinfo(load("return 1", "text\nmore")).short_src)
debug.setmetatable(10, { __index = { double = function(n) return n * 2 end }, __call = function(n, m) return n + m end })
print((21):double(), (1)(2))
debug.setmetatable(nil, { __index = function(_, key) return "nil." .. key end })
print((nil).field)
debug.setmetatable(nil, nil)
debug.setmetatable(10, nil)
debug.setmetatable(print, { __concat = function() return "joined" end })
print(print .. 1, 1 .. print, debug.getmetatable(print).__concat ~= nil)
debug.setmetatable(print, nil)
print(pcall(function() return (10):double() end))
print(pcall(debug.setmetatable, 1, 2))
print(type(debug.getregistry()))
setmetatable(object, { __metatable = "hidden" })
print(getmetatable(object), type(debug.getmetatable(object)))
