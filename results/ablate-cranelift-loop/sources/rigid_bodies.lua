-- title: Rigid Bodies
-- probes: vector objects with operators, float fields, a grid with sparse integer keys, contacts that come and go
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=9 result=752 tested, 22 touched, 142 points, 0 lost, loudest 5.86711536, energy 70.7697361, 697872
-- bench: n=50 result=4738 tested, 97 touched, 145 points, 0 lost, loudest 15.6501562, energy 106.90976, 697266
-- large: n=450 result=42403 tested, 804 touched, 1673 points, 7 lost, loudest 15.6501562, energy 1152.31249, 425731

-- Two-dimensional rigid bodies: circles and convex polygons fall, collide, rub, bounce and hang on rods. A grid finds
-- pairs that may touch, separating axes and clipping find the points of contact, and impulses, repeated and kept from
-- step to step, hold bodies apart. A scene runs for fifty steps, then another one begins.
--
-- Class idiom: one metatable for each class, shared by all its objects; vectors have operators.

local sqrt, floor, abs, min, max = math.sqrt, math.floor, math.abs, math.min, math.max
local insert, format = table.insert, string.format

---------------------------------------------------------------------------------------------------------------------
-- Vectors do not change once they are made.

local Vector = {}
Vector.__index = Vector

function Vector.new(x, y)
  return setmetatable({ x = x, y = y }, Vector)
end

function Vector.__add(a, b)
  return Vector.new(a.x + b.x, a.y + b.y)
end

function Vector.__sub(a, b)
  return Vector.new(a.x - b.x, a.y - b.y)
end

-- A vector and a number, in either order.
function Vector.__mul(a, b)
  if type(a) == "number" then return Vector.new(a * b.x, a * b.y) end
  return Vector.new(a.x * b, a.y * b)
end

function Vector.__unm(a)
  return Vector.new(-a.x, -a.y)
end

function Vector.__eq(a, b)
  return a.x == b.x and a.y == b.y
end

function Vector.__tostring(a)
  return format("(%.5f, %.5f)", a.x, a.y)
end

function Vector:dot(other)
  return self.x * other.x + self.y * other.y
end

function Vector:cross(other)
  return self.x * other.y - self.y * other.x
end

-- A quarter turn to the left, times a factor.
function Vector:turned(factor)
  return Vector.new(-factor * self.y, factor * self.x)
end

function Vector:length()
  return sqrt(self:dot(self))
end

function Vector:unit()
  local length = self:length()
  if length == 0 then return Vector.new(1.0, 0.0), 0.0 end
  return self * (1 / length), length
end

local origin = Vector.new(0.0, 0.0)

---------------------------------------------------------------------------------------------------------------------
-- Rotations are the cosine and the sine of an angle.

local Rotation = {}
Rotation.__index = Rotation

function Rotation.new(cosine, sine)
  return setmetatable({ cosine = cosine, sine = sine }, Rotation)
end

function Rotation:apply(vector)
  return Vector.new(self.cosine * vector.x - self.sine * vector.y, self.sine * vector.x + self.cosine * vector.y)
end

function Rotation:undo(vector)
  return Vector.new(self.cosine * vector.x + self.sine * vector.y, self.cosine * vector.y - self.sine * vector.x)
end

-- Turned on by a small angle.
function Rotation:advanced(angle)
  local cosine, sine = self.cosine - self.sine * angle, self.sine + self.cosine * angle
  local scale = 1 / sqrt(cosine * cosine + sine * sine)
  return Rotation.new(cosine * scale, sine * scale)
end

---------------------------------------------------------------------------------------------------------------------
-- Shapes know their extent, and mass and inertia for a density.

local Circle = { kind = "circle" }
Circle.__index = Circle

function Circle.new(radius)
  return setmetatable({ radius = radius }, Circle)
end

function Circle:mass_for(density)
  local mass = 3.14159265 * self.radius * self.radius * density
  return mass, mass * self.radius * self.radius / 2
end

function Circle:extent()
  return self.radius
end

local Polygon = { kind = "polygon" }
Polygon.__index = Polygon

-- The corners go round to the left; they are moved so that the centre of mass is the origin.
function Polygon.new(...)
  local self = setmetatable({ corners = { ... }, normals = {} }, Polygon)
  if #self.corners < 3 then error("a polygon needs three corners") end
  local centre, area = origin, 0
  for _, corner, following in self:sides() do
    local part = corner:cross(following) / 2
    area = area + part
    centre = centre + (corner + following) * (part / 3)
  end
  if area <= 0 then error("the corners of a polygon go round to the right") end
  for i, corner in ipairs(self.corners) do
    self.corners[i] = corner - centre * (1 / area)
  end
  for i, corner, following in self:sides() do
    self.normals[i] = -(following - corner):unit():turned(1)
  end
  return self
end

function Polygon.box(width, height)
  local x, y = width / 2, height / 2
  return Polygon.new(Vector.new(-x, -y), Vector.new(x, -y), Vector.new(x, y), Vector.new(-x, y))
end

-- For each side its number and both its corners.
function Polygon:sides()
  local corners, i = self.corners, 0
  return function()
    i = i + 1
    if corners[i] then return i, corners[i], corners[i + 1] or corners[1] end
  end
end

function Polygon:mass_for(density)
  local mass, inertia = 0, 0
  for _, corner, following in self:sides() do
    local part = corner:cross(following) / 2 * density
    mass = mass + part
    inertia = inertia + part * (corner:dot(corner) + corner:dot(following) + following:dot(following)) / 6
  end
  return mass, inertia
end

function Polygon:extent()
  local most = 0
  for _, corner in ipairs(self.corners) do
    most = max(most, corner:length())
  end
  return most
end

---------------------------------------------------------------------------------------------------------------------
-- Bodies. One without mass does not move.

local Body = {}
Body.__index = Body

function Body.new(shape, position, options)
  options = options or {}
  local self = setmetatable({ shape = shape, position = position, velocity = options.velocity or origin, spin = 0.0,
    rotation = Rotation.new(1.0, 0.0), friction = options.friction or 0.4, bounce = options.bounce or 0.1,
    extent = shape:extent(), inverse_mass = 0.0, inverse_inertia = 0.0 }, Body)
  if not options.is_fixed then
    local mass, inertia = shape:mass_for(options.density or 1)
    self.inverse_mass, self.inverse_inertia = 1 / mass, 1 / inertia
  end
  return self
end

function Body:is_fixed()
  return self.inverse_mass == 0
end

function Body:to_world(point)
  return self.position + self.rotation:apply(point)
end

function Body:to_local(point)
  return self.rotation:undo(point - self.position)
end

function Body:velocity_at(arm)
  return self.velocity + arm:turned(self.spin)
end

function Body:push(impulse, arm)
  self.velocity = self.velocity + impulse * self.inverse_mass
  self.spin = self.spin + arm:cross(impulse) * self.inverse_inertia
end

-- How easily the body gives way to a push at the end of an arm, in some direction.
function Body:mobility(arm, direction)
  local lever = arm:cross(direction)
  return self.inverse_mass + lever * lever * self.inverse_inertia
end

function Body:move(time)
  self.position = self.position + self.velocity * time
  self.rotation = self.rotation:advanced(self.spin * time)
end

function Body:energy()
  if self:is_fixed() then return 0 end
  return self.velocity:dot(self.velocity) / self.inverse_mass / 2 + self.spin * self.spin / self.inverse_inertia / 2
end

---------------------------------------------------------------------------------------------------------------------
-- Do two bodies touch? Each of these returns the direction from the first to the second and a list of points, each
-- with its depth and a name that is the same in the next step; or nil.

local collide = {}

function collide.circle_circle(a, b)
  local direction, distance = (b.position - a.position):unit()
  local depth = a.shape.radius + b.shape.radius - distance
  if depth < 0 then return nil end
  return direction, { { at = a.position + direction * (a.shape.radius - depth / 2), depth = depth, name = 0 } }
end

function collide.polygon_circle(a, b)
  local centre, radius = a:to_local(b.position), b.shape.radius
  local best, best_distance, first, second
  for i, corner, following in a.shape:sides() do
    local distance = a.shape.normals[i]:dot(centre - corner)
    if distance > radius then return nil end
    if not best or distance > best_distance then best, best_distance, first, second = i, distance, corner, following end
  end
  local normal = a.shape.normals[best]
  if best_distance > 0 then
    -- Outside: perhaps a corner is nearer than the side.
    local side = second - first
    local corner = (centre - first):dot(side) < 0 and first or (centre - second):dot(side) > 0 and second
    if corner then
      normal, best_distance = (centre - corner):unit()
      if best_distance > radius then return nil end
    end
  end
  local direction = a.rotation:apply(normal)
  return direction, { { at = b.position - direction * radius, depth = radius - best_distance, name = best } }
end

function collide.circle_polygon(a, b)
  local direction, points = collide.polygon_circle(b, a)
  if direction then return -direction, points end
end

-- The side of a that is farthest from b, and how far it is: negative if they overlap.
local function widest_gap(a, b)
  local best, best_gap
  for i, corner in a.shape:sides() do
    local normal = a.rotation:apply(a.shape.normals[i])
    local inner, start = b.rotation:undo(normal), b:to_local(a:to_world(corner))
    local gap
    for _, other in ipairs(b.shape.corners) do
      local distance = inner:dot(other - start)
      if not gap or distance < gap then gap = distance end
    end
    if not best or gap > best_gap then best, best_gap = i, gap end
    if gap > 0 then break end
  end
  return best, best_gap
end

-- The part of a side that is not beyond a limit.
local function clip(first, second, normal, limit)
  local over_first, over_second = normal:dot(first) - limit, normal:dot(second) - limit
  if over_first > 0 and over_second > 0 then return nil end
  local share = over_first / (over_first - over_second)
  if over_first > 0 then
    first = first + (second - first) * share
  elseif over_second > 0 then
    second = first + (second - first) * share
  end
  return first, second
end

local function corners_of(body, side)
  local corners = body.shape.corners
  return body:to_world(corners[side]), body:to_world(corners[side + 1] or corners[1])
end

function collide.polygon_polygon(a, b)
  local side_a, gap_a = widest_gap(a, b)
  if gap_a > 0 then return nil end
  local side_b, gap_b = widest_gap(b, a)
  if gap_b > 0 then return nil end
  local is_swapped = gap_b > gap_a + 0.001
  local base, other, side = a, b, side_a
  if is_swapped then base, other, side = b, a, side_b end
  local normal = base.rotation:apply(base.shape.normals[side])
  local facing, facing_least
  for i, other_normal in ipairs(other.shape.normals) do
    local alignment = other.rotation:apply(other_normal):dot(normal)
    if not facing or alignment < facing_least then facing, facing_least = i, alignment end
  end
  local start, stop = corners_of(base, side)
  local along = (stop - start):unit()
  local first, second = corners_of(other, facing)
  first, second = clip(first, second, along, along:dot(stop))
  if first then first, second = clip(first, second, -along, -along:dot(start)) end
  if not first then return nil end
  local points = {}
  for i, point in ipairs({ first, second }) do
    local depth = normal:dot(start - point)
    if depth >= 0 then
      insert(points, { at = point, depth = depth, name = (is_swapped and 1000 or 0) + side * 40 + facing * 2 + i })
    end
  end
  if #points == 0 then return nil end
  return is_swapped and -normal or normal, points
end

---------------------------------------------------------------------------------------------------------------------
-- A contact of two bodies. Its points keep their impulses as long as they keep their names.

local Contact = {}
Contact.__index = Contact

function Contact.new(a, b)
  return setmetatable({ a = a, b = b, points = {}, friction = sqrt(a.friction * b.friction),
    bounce = max(a.bounce, b.bounce), age = 0 }, Contact)
end

function Contact:update(direction, points)
  for _, point in ipairs(points) do
    point.normal_impulse, point.side_impulse = 0.0, 0.0
    for _, old in ipairs(self.points) do
      if old.name == point.name then
        point.normal_impulse, point.side_impulse = old.normal_impulse, old.side_impulse
      end
    end
  end
  self.direction, self.points, self.age = direction, points, self.age + 1
end

function Contact:prepare(time)
  local a, b, direction = self.a, self.b, self.direction
  local sideways = direction:turned(1)
  for _, point in ipairs(self.points) do
    point.arm_a, point.arm_b = point.at - a.position, point.at - b.position
    point.normal_mass = 1 / (a:mobility(point.arm_a, direction) + b:mobility(point.arm_b, direction))
    point.side_mass = 1 / (a:mobility(point.arm_a, sideways) + b:mobility(point.arm_b, sideways))
    local closing = (b:velocity_at(point.arm_b) - a:velocity_at(point.arm_a)):dot(direction)
    point.target = 0.2 / time * max(0, point.depth - 0.01)
    if closing < -1 then point.target = max(point.target, -self.bounce * closing) end
    local impulse = direction * point.normal_impulse + sideways * point.side_impulse
    a:push(-impulse, point.arm_a)
    b:push(impulse, point.arm_b)
  end
end

function Contact:solve()
  local a, b, direction = self.a, self.b, self.direction
  local sideways = direction:turned(1)
  for _, point in ipairs(self.points) do
    local relative = b:velocity_at(point.arm_b) - a:velocity_at(point.arm_a)
    local before = point.normal_impulse
    point.normal_impulse = max(0, before + (point.target - relative:dot(direction)) * point.normal_mass)
    local impulse = direction * (point.normal_impulse - before)
    a:push(-impulse, point.arm_a)
    b:push(impulse, point.arm_b)

    relative = b:velocity_at(point.arm_b) - a:velocity_at(point.arm_a)
    local limit = self.friction * point.normal_impulse
    before = point.side_impulse
    point.side_impulse = max(-limit, min(limit, before - relative:dot(sideways) * point.side_mass))
    impulse = sideways * (point.side_impulse - before)
    a:push(-impulse, point.arm_a)
    b:push(impulse, point.arm_b)
  end
end

---------------------------------------------------------------------------------------------------------------------
-- A rod keeps a point of one body at a distance from a point of another.

local Rod = {}
Rod.__index = Rod

function Rod.new(a, point_a, b, point_b)
  local length = (b:to_world(point_b) - a:to_world(point_a)):length()
  return setmetatable({ a = a, b = b, point_a = point_a, point_b = point_b, length = length }, Rod)
end

function Rod:prepare(time)
  self.arm_a, self.arm_b = self.a.rotation:apply(self.point_a), self.b.rotation:apply(self.point_b)
  local between = (self.b.position + self.arm_b) - (self.a.position + self.arm_a)
  local direction, length = between:unit()
  self.direction, self.target = direction, 0.2 / time * (self.length - length)
  self.mass = 1 / (self.a:mobility(self.arm_a, direction) + self.b:mobility(self.arm_b, direction))
end

function Rod:solve()
  local relative = self.b:velocity_at(self.arm_b) - self.a:velocity_at(self.arm_a)
  local impulse = self.direction * ((self.target - relative:dot(self.direction)) * self.mass)
  self.a:push(-impulse, self.arm_a)
  self.b:push(impulse, self.arm_b)
end

---------------------------------------------------------------------------------------------------------------------
-- The world.

local World = {}
World.__index = World

function World.new(gravity)
  return setmetatable({ gravity = gravity, bodies = {}, rods = {}, contacts = {}, order = {}, made = 0, tested = 0,
    listeners = {} }, World)
end

function World:add(body)
  self.made = self.made + 1
  body.number = self.made
  insert(self.bodies, body)
  return body
end

function World:connect(...)
  local rod = Rod.new(...)
  insert(self.rods, rod)
  return rod
end

function World:on_touch(listener)
  insert(self.listeners, listener)
end

-- The pairs of bodies that share a cell of the grid, each once. Large ones are in many cells.
function World:candidates()
  local cells, used, pairs_seen, found = {}, {}, {}, {}
  local size = 1.5
  for _, body in ipairs(self.bodies) do
    local position, extent = body.position, body.extent
    for column = floor((position.x - extent) / size), floor((position.x + extent) / size) do
      for row = floor((position.y - extent) / size), floor((position.y + extent) / size) do
        local key = column * 4096 + row
        if not cells[key] then
          cells[key] = {}
          insert(used, cells[key])
        end
        insert(cells[key], body)
      end
    end
  end
  for _, cell in ipairs(used) do
    for i = 1, #cell - 1 do
      for j = i + 1, #cell do
        local a, b = cell[i], cell[j]
        local key = a.number * 10000 + b.number
        if not pairs_seen[key] and not (a:is_fixed() and b:is_fixed()) then
          pairs_seen[key] = true
          insert(found, { a = a, b = b, key = key })
        end
      end
    end
  end
  return found
end

function World:find_contacts()
  local contacts, order = {}, {}
  for _, pair in ipairs(self:candidates()) do
    local a, b = pair.a, pair.b
    self.tested = self.tested + 1
    local direction, points = collide[a.shape.kind .. "_" .. b.shape.kind](a, b)
    if direction then
      local contact = self.contacts[pair.key]
      if not contact then
        contact = Contact.new(a, b)
        for _, listener in ipairs(self.listeners) do
          listener(a, b, points)
        end
      end
      contact:update(direction, points)
      contacts[pair.key] = contact
      insert(order, contact)
    end
  end
  self.contacts, self.order = contacts, order
end

function World:step(time)
  self:find_contacts()
  for _, body in ipairs(self.bodies) do
    if not body:is_fixed() then body.velocity = body.velocity + self.gravity * time end
  end
  for _, list in ipairs({ self.order, self.rods }) do
    for _, constraint in ipairs(list) do
      constraint:prepare(time)
    end
  end
  for _ = 1, 5 do
    for _, list in ipairs({ self.order, self.rods }) do
      for _, constraint in ipairs(list) do
        constraint:solve()
      end
    end
  end
  for i = #self.bodies, 1, -1 do
    local body = self.bodies[i]
    if not body:is_fixed() then body:move(time) end
    if body.position.y < -2 then table.remove(self.bodies, i) end
  end
end

---------------------------------------------------------------------------------------------------------------------
-- A scene: a floor with a slope, a wall of boxes, things that fall on it, and a chain with a weight.

local function make_scene(number)
  local state = number * 911 + 7
  local function random(low, high)
    state = state * 16807 % 2147483647
    return low + (high - low) * (state / 2147483647)
  end
  local world = World.new(Vector.new(0.0, -9.81))
  world:add(Body.new(Polygon.box(9, 1), Vector.new(0.0, -0.5), { is_fixed = true, friction = 0.7 }))
  local slope = Polygon.new(Vector.new(0.0, 0.0), Vector.new(4.0, 0.0), Vector.new(4.0, 2.5))
  world:add(Body.new(slope, Vector.new(6.0, 0.8), { is_fixed = true }))
  for row = 1, 4 do
    for column = 1, 3 do
      world:add(Body.new(Polygon.box(0.9, 0.6), Vector.new(column * 0.95 + row % 2 * 0.4 - 3, row * 0.605 - 0.3)))
    end
  end
  for i = 1, 12 do
    local position = Vector.new(random(-5, 7), 2.5 + i * 0.4)
    local velocity = Vector.new(random(-4, 2), random(-6, 0))
    local shape
    if i % 3 == 0 then
      local second, third = Vector.new(random(0.5, 1), 0.1), Vector.new(random(0.2, 0.5), random(0.6, 1))
      shape = Polygon.new(origin, second, third)
    else
      shape = Circle.new(random(0.2, 0.5))
    end
    world:add(Body.new(shape, position, { velocity = velocity, bounce = random(0, 0.6), density = random(0.5, 2) }))
  end
  local previous = world:add(Body.new(Circle.new(0.1), Vector.new(-3.0, 6.0), { is_fixed = true }))
  for i = 1, 5 do
    local circle = Circle.new(i == 5 and 0.45 or 0.12)
    local weight = world:add(Body.new(circle, Vector.new(-3 - i * 0.7, 6.0), { density = 3 }))
    world:connect(previous, origin, weight, origin)
    previous = weight
  end
  return world
end

-- n steps of a hundredth of a second or two.
return function(n)
  local touches, loudest, tested, points, lost, energy, mark = 0, 0, 0, 0, 0, 0, 0
  local left, scenes = n, 0
  while left > 0 do
    scenes = scenes + 1
    local world, steps = make_scene(scenes), min(left, 50)
    left = left - steps
    world:on_touch(function(a, b)
      touches = touches + 1
      mark = (mark * 31 + a.number * 100 + b.number) % 1000003
    end)
    world:on_touch(function(a, b) loudest = max(loudest, abs((a.velocity - b.velocity):length())) end)
    for step = 1, steps do
      world:step(step % 5 == 0 and 0.01 or 0.02)
    end
    for _, contact in ipairs(world.order) do
      points = points + #contact.points * min(contact.age, 10)
    end
    for _, body in ipairs(world.bodies) do
      energy = energy + body:energy()
      if body.velocity ~= origin then
        for digit in tostring(body.position):gmatch("%d") do
          mark = (mark * 11 + tonumber(digit)) % 1000003
        end
      end
    end
    tested, lost = tested + world.tested, lost + world.made - #world.bodies
  end
  return format("%d tested, %d touched, %d points, %d lost, loudest %.9g, energy %.9g, %d", tested, touches, points,
    lost, loudest, energy, mark)
end
