-- Functions in `__index` and `__newindex`, remembered at an access: each of these changes must be seen at once.
local function read(object) return object.x end
local function write(object, value) object.x = value end
local log = {}
local function reader(name) return function(_, key) return name .. "." .. key end end
local function writer(name) return function(object, key, value) log[#log + 1] = name .. "." .. key rawset(object, "y", value) end end
local meta = { __index = reader("a"), __newindex = writer("a") }
local object = setmetatable({}, meta)
for i = 1, 200 do if read(object) ~= "a.x" then print("wrong") end write(object, i) end
print(read(object), #log, object.y)
-- Another function, then a table, then nothing, then a function again.
meta.__index, meta.__newindex = reader("b"), writer("b")
print(read(object), write(object, 1), log[#log])
meta.__index, meta.__newindex = { x = "in a table" }, nil
print(read(object), write(object, "own"), rawget(object, "x"))
object.x = nil
meta.__index = nil
print(read(object))
meta.__index = reader("c")
print(read(object))
-- Objects of the same shape with metatables of their own.
local objects = {}
for i = 1, 50 do objects[i] = setmetatable({}, { __index = reader("m" .. i), __newindex = writer("n" .. i) }) end
for round = 1, 3 do
  for i, each in ipairs(objects) do
    if read(each) ~= "m" .. i .. ".x" then print("wrong", i) end
    write(each, i)
    if log[#log] ~= "n" .. i .. ".x" then print("wrong", i) end
  end
end
-- The key comes into being, in some of them, and goes again.
for i = 1, 50, 2 do rawset(objects[i], "x", i) end
local own = 0
for _, each in ipairs(objects) do own = own + (type(read(each)) == "number" and 1 or 0) write(each, 0) end
print(own, read(objects[1]), rawget(objects[2], "x"))
for i = 1, 50, 2 do objects[i].x = nil end
print(read(objects[1]), read(objects[50]))
-- Behind a class: the function is asked with the object that it is found at.
local base = setmetatable({}, { __index = function(self, key) return self == base and key end })
local class = setmetatable({}, { __index = function(self, key) return rawequal(self, class) and key or "class" end })
local instance = setmetatable({}, { __index = class })
for i = 1, 100 do if read(instance) ~= "class" then print("wrong") end end
-- A function that is replaced by something that cannot be called or indexed.
setmetatable(object, { __index = reader("d") })
print(read(object))
getmetatable(object).__index = 5
print((pcall(read, object)))
getmetatable(object).__index = setmetatable({}, { __call = function(_, _, key) return "called" end })
print(read(object))
-- Keys that are computed.
local keys = { "p", "q", 1, 2.5, true }
local counted = setmetatable({}, { __index = function(_, key) return tostring(key) end })
local text = {}
for i = 1, 100 do text[i % 5 + 1] = counted[keys[i % 5 + 1]] end
print(table.concat(text, " "))
