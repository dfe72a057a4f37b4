-- Two hundred classes through the same accesses, one after the other and mixed; a class that gets a method late; the
-- first object of a class, which is made before anybody knows that there will be others.
local function describe(object) return object:name() .. (object.extra and "+" or "") end
local objects = {}
for i = 1, 200 do
  local class = {}
  class.__index = class
  function class.name() return "c" .. i end
  for k = 1, 3 do objects[#objects + 1] = setmetatable({ number = k }, class) end
end
local names = {}
for _, object in ipairs(objects) do names[#names + 1] = describe(object) end
print(#names, names[1], names[3], names[600])
for step = 1, 3 do
  local same = true
  for i = step, 600, step do same = same and describe(objects[i]) == names[i] end
  print(step, same)
end
getmetatable(objects[1]).extra = true
print(describe(objects[1]), describe(objects[2]), describe(objects[4]))
getmetatable(objects[1]).extra = nil
print(describe(objects[1]), objects[1].number, objects[3].number)

-- Objects that lose and change their metatable.
local first = setmetatable({ number = 1 }, { name = function() return "never" end })
print(pcall(describe, first))
setmetatable(first, getmetatable(objects[1]))
print(describe(first))
setmetatable(first, nil)
print(pcall(describe, first))
first.name = function() return "own" end
print(describe(first))

-- A class of more fields than a record may have.
local wide = {}
wide.__index = wide
for i = 1, 200 do wide["field" .. i] = i end
local object = setmetatable({}, wide)
print(object.field1, object.field200, object.field201)
for i = 1, 200 do object["own" .. i] = i end
print(object.own1, object.own200, object.field7, object.none)
