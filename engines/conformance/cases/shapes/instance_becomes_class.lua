-- Tables that are instances and classes at once, and a table that is its own metatable.
local Animal = { name = "animal" }
Animal.__index = Animal
function Animal:speak() return self.name .. " speaks" end
local dog = setmetatable({ name = "dog" }, Animal)
dog.__index = dog
local puppy = setmetatable({}, dog)
for i = 1, 20 do
  if i == 10 then dog.name = "big dog" end
  if i == 15 then puppy.name = "puppy" end
  if i % 5 == 4 then io.write(puppy:speak(), "; ") end
end
print(dog:speak())
local self = { v = 1 }
self.__index = self
setmetatable(self, self)
print(self.v, (pcall(function() return self.missing end)))
local proto = {}
local child = setmetatable({}, { __index = proto })
for i = 1, 30 do
  if i == 10 then proto.x = 1 end
  if i == 20 then proto.x = nil end
  if i % 8 == 0 then io.write(tostring(child.x), " ") end
end
print()
