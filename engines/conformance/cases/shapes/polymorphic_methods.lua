-- One call site calls the method of many classes.
local function class(name, area)
  local c = { name = name, area = area }
  c.__index = c
  return c
end
local Square = class("square", function(self) return self.a * self.a end)
local Rectangle = class("rectangle", function(self) return self.a * self.b end)
local Circle = class("circle", function(self) return 3 * self.r * self.r end)
local shapes = {
  setmetatable({ a = 2 }, Square), setmetatable({ a = 2, b = 3 }, Rectangle), setmetatable({ b = 5, a = 4 }, Rectangle),
  setmetatable({ r = 1 }, Circle), setmetatable({ a = 9 }, Square),
}
local total = 0
local names = {}
for i = 1, 100 do
  local shape = shapes[i % #shapes + 1]
  total = total + shape:area()
  names[shape.name] = (names[shape.name] or 0) + 1
end
print(total, names.square, names.rectangle, names.circle)
