-- The same code reads and writes objects of one shape.
local Point = {}
Point.__index = Point
function Point.new(x, y) return setmetatable({ x = x, y = y }, Point) end
function Point:add(other) return Point.new(self.x + other.x, self.y + other.y) end
function Point:scale(k) self.x, self.y = self.x * k, self.y * k return self end
local sum = Point.new(0, 0)
for i = 1, 100 do sum = sum:add(Point.new(i, -i)) end
print(sum.x, sum.y, sum:scale(2).x, sum.y, sum.z)
