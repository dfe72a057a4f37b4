-- title: Areas of Moving Shapes
-- probes: polymorphic method calls, inheritance through __index, float fields
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: objects
-- test: n=600 result=8868867.19
-- bench: n=10000 result=735314453
-- large: n=100000 result=6.36031445e+10

-- Four classes of shapes; Square inherits from Rectangle, the others from Shape directly.
local function class(parent)
  local methods = {}
  methods.__index = methods
  if parent then setmetatable(methods, parent) end
  return methods
end

local Shape = class()

function Shape:move(dx, dy)
  self.x = self.x + dx
  self.y = self.y + dy
end

-- A method of the base class that calls one of the subclass.
function Shape:reach()
  return self.x + self.y + self:extent()
end

local Circle = class(Shape)

function Circle.new(x, y, radius)
  return setmetatable({ x = x, y = y, radius = radius }, Circle)
end

function Circle:scale(factor) self.radius = self.radius * factor end
function Circle:area() return 3.140625 * self.radius * self.radius end
function Circle:extent() return 2.0 * self.radius end

local Rectangle = class(Shape)

function Rectangle.new(x, y, width, height)
  return setmetatable({ x = x, y = y, width = width, height = height }, Rectangle)
end

function Rectangle:scale(factor)
  self.width = self.width * factor
  self.height = self.height * factor
end

function Rectangle:area() return self.width * self.height end
function Rectangle:extent() return self.width + self.height end

local Square = class(Rectangle)

function Square.new(x, y, side)
  return setmetatable({ x = x, y = y, width = side, height = side }, Square)
end

function Square:extent() return 2.0 * self.width end

local Triangle = class(Shape)

function Triangle.new(x, y, base, height)
  return setmetatable({ x = x, y = y, base = base, height = height }, Triangle)
end

function Triangle:scale(factor)
  self.base = self.base * factor
  self.height = self.height * factor
end

function Triangle:area() return 0.5 * self.base * self.height end
function Triangle:extent() return self.base + self.height end

local function make_shapes(count)
  local shapes = {}
  for i = 1, count do
    local kind, x, y = i % 4, i * 0.5, count - i * 0.5
    if kind == 0 then
      shapes[i] = Circle.new(x, y, 1.0)
    elseif kind == 1 then
      shapes[i] = Rectangle.new(x, y, 2.0, 1.5)
    elseif kind == 2 then
      shapes[i] = Square.new(x, y, 1.25)
    else
      shapes[i] = Triangle.new(x, y, 3.0, 1.0)
    end
  end
  return shapes
end

-- n rounds over 100 shapes, which grow in one round and shrink in the next.
return function(n)
  local shapes = make_shapes(100)
  local total = 0.0
  for round = 1, n do
    local factor = round % 2 == 0 and 0.5 or 2.0
    for i = 1, #shapes do
      local shape = shapes[i]
      shape:scale(factor)
      shape:move(0.25, -0.125)
      total = total + shape:area() + shape:reach()
    end
  end
  return string.format("%.9g", total)
end
