-- Any value is an error value, and it keeps its identity.
local object = { code = 7 }
local ok, e = pcall(error, object)
print(ok, e == object, e.code)
local function f() error(function() return "a function" end) end
ok, e = pcall(f)
print(ok, type(e), e())
print(pcall(error, 3.5))
print(pcall(error, false))
local E = setmetatable({}, { __tostring = function() return "E!" end })
ok, e = pcall(error, E)
print(e == E, tostring(e))
ok, e = pcall(function() local x = nil; return x.y end)
print(type(e))
