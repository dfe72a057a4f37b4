-- title: Rays and Spheres
-- probes: short-lived records of floats, methods that return new records, square root, data-dependent branches
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: objects
-- test: n=60 result=612.230137 203
-- bench: n=190 result=6147.55112 2055
-- large: n=550 result=51506.6278 17153

local Point = {}
Point.__index = Point

local function point(x, y, z)
  return setmetatable({ x = x, y = y, z = z }, Point)
end

function Point:plus(other) return point(self.x + other.x, self.y + other.y, self.z + other.z) end
function Point:minus(other) return point(self.x - other.x, self.y - other.y, self.z - other.z) end
function Point:times(factor) return point(self.x * factor, self.y * factor, self.z * factor) end
function Point:dot(other) return self.x * other.x + self.y * other.y + self.z * other.z end
function Point:unit() return self:times(1.0 / math.sqrt(self:dot(self))) end

local function make_scene()
  local spheres = {}
  for i = 1, 12 do
    local centre = point((i * 7 % 12) - 5.5, (i * 5 % 12) * 0.5 - 2.75, 6.0 + i % 4 * 2.0)
    local mirror = i % 4 == 0 and 0.5 or 0.0
    spheres[i] = { centre = centre, radius = 0.75 + i % 3 * 0.25, mirror = mirror, shade = 0.25 + i / 16 }
  end
  return spheres
end

-- The sphere that a ray meets first, and how far away.
local function nearest(spheres, origin, direction)
  local best, best_distance
  for i = 1, #spheres do
    local sphere = spheres[i]
    local to_centre = sphere.centre:minus(origin)
    local along = to_centre:dot(direction)
    local gap = along * along - to_centre:dot(to_centre) + sphere.radius * sphere.radius
    if along > 0.0 and gap > 0.0 then
      local distance = along - math.sqrt(gap)
      if distance > 1e-6 and (not best or distance < best_distance) then best, best_distance = sphere, distance end
    end
  end
  return best, best_distance
end

local light = point(-3.0, 5.0, -4.0):unit()

-- The brightness that is seen along a ray.
local function brightness(spheres, origin, direction, depth)
  local sphere, distance = nearest(spheres, origin, direction)
  if not sphere then return 0.125 + 0.125 * direction.y end
  local hit = origin:plus(direction:times(distance))
  local normal = hit:minus(sphere.centre):unit()
  local facing = normal:dot(light)
  local own = 0.1
  if facing > 0.0 and not nearest(spheres, hit, light) then own = own + sphere.shade * facing end
  if sphere.mirror > 0.0 and depth > 0 then
    local reflected = direction:minus(normal:times(2.0 * normal:dot(direction))):unit()
    own = own + sphere.mirror * brightness(spheres, hit, reflected, depth - 1)
  end
  return own
end

-- A picture of n by n points.
return function(n)
  local spheres, eye, total, bright = make_scene(), point(0.0, 0.0, -2.0), 0.0, 0
  for row = 1, n do
    for column = 1, n do
      local direction = point((column - 0.5) / n * 2.0 - 1.0, (row - 0.5) / n * 2.0 - 1.0, 1.5):unit()
      local seen = brightness(spheres, eye, direction, 3)
      total = total + seen
      if seen > 0.5 then bright = bright + 1 end
    end
  end
  return string.format("%.9g %d", total, bright)
end
