-- The end of the program finalises everything, also after an error; nothing gets a finaliser any more.
local function object(name, action)
  return setmetatable({}, { __gc = function() print("finalised", name) if action then action() end end })
end
a = object("a")
b = object("b", function() error("is a warning") end)
c = object("c", function() object("too late") print("c is done", a ~= nil) end)
d = object("d", function() setmetatable({}, { __gc = function() print("never") end }) collectgarbage() end)
local file = io.tmpfile()
e = object("e", function() print(io.type(file)) end)
local in_a_table = { object("in a table") }
coroutine.wrap(function() local o = object("on the stack of a coroutine") coroutine.yield() end)()
print(pcall(error, "caught"))
error("ends the program")
