-- title: Vectors with Operators
-- probes: operators, comparisons, fields and calls through metamethods, a table that counts its writes
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: objects
-- test: n=12000 result=43.7740304 5971 0 12000
-- bench: n=120000 result=4357.44439 59984 0 120000
-- large: n=1000000 result=38577.2302 499965 0 1000000

local Vector = {}

local function vector(x, y)
  return setmetatable({ x = x, y = y }, Vector)
end

local methods = {}

function methods.dot(a, b)
  return a.x * b.x + a.y * b.y
end

-- Fields that are computed: `length_squared`, and the methods.
function Vector.__index(self, key)
  if key == "length_squared" then return self.x * self.x + self.y * self.y end
  return methods[key]
end

function Vector.__add(a, b) return vector(a.x + b.x, a.y + b.y) end
function Vector.__sub(a, b) return vector(a.x - b.x, a.y - b.y) end
function Vector.__unm(a) return vector(-a.x, -a.y) end
function Vector.__eq(a, b) return a.x == b.x and a.y == b.y end
function Vector.__lt(a, b) return a.length_squared < b.length_squared end
function Vector.__call(a, factor) return vector(a.x * factor, a.y * factor) end
function Vector.__concat(a, b) return (a.x or a) + (b.x or b) end

function Vector.__mul(a, b)
  if type(b) == "number" then return vector(a.x * b, a.y * b) end
  return a:dot(b)
end

-- A table that counts what is written to it.
local function counting(target)
  local writes = 0
  local proxy = setmetatable({}, {
    __newindex = function(_, key, value)
      writes = writes + 1
      target[key] = value
    end,
    __index = target,
  })
  return proxy, function() return writes end
end

-- n steps of a point on a spring, with every operator once or more.
return function(n)
  local position, velocity, origin = vector(3.0, 0.0), vector(0.0, 1.0), vector(0.0, 0.0)
  local log, writes = counting({})
  local returns, farther, check = 0, 0, 0.0
  for step = 1, n do
    local force = -(position - origin)
    velocity = velocity + force * 0.015625
    local moved = position + velocity(0.015625)
    if position < moved then farther = farther + 1 end
    if moved == position then returns = returns + 1 end
    position = moved
    log[step % 10] = position * velocity
    check = check + log[step % 10] + (position .. velocity)
  end
  return string.format("%.9g %d %d %d", check, farther, returns, writes())
end
