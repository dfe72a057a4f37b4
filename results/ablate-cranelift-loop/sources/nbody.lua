-- title: Gravitating Bodies
-- probes: float fields of objects, square root, short inner loops
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: objects
-- test: n=6000 result=-7.1856191 1.2473674
-- bench: n=100000 result=-7.18561909 2.61518606
-- large: n=1000000 result=-7.18561909 -9.18850514

-- Five bodies under gravity (constant 1), moved by the leapfrog method. All starting values are made up.
local function body(mass, x, y, z, vx, vy, vz)
  return { mass = mass, x = x, y = y, z = z, vx = vx, vy = vy, vz = vz }
end

local function make_system()
  return {
    body(100.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    body(0.25, 4.0, 0.0, 0.125, 0.0, 5.0, 0.0),
    body(0.5, 0.0, 9.0, -0.25, -3.25, 0.0, 0.25),
    body(0.125, -16.0, 0.0, 0.5, 0.0, -2.5, -0.125),
    body(0.375, 0.0, -25.0, -1.0, 2.0, 0.0, 0.0),
  }
end

-- Changes velocities by the attraction between all pairs over a time of dt.
local function kick(bodies, dt)
  local count = #bodies
  for i = 1, count do
    local a = bodies[i]
    for j = i + 1, count do
      local b = bodies[j]
      local dx, dy, dz = b.x - a.x, b.y - a.y, b.z - a.z
      local distance_squared = dx * dx + dy * dy + dz * dz
      local pull = dt / (distance_squared * math.sqrt(distance_squared))
      local pull_a, pull_b = pull * b.mass, pull * a.mass
      a.vx = a.vx + dx * pull_a
      a.vy = a.vy + dy * pull_a
      a.vz = a.vz + dz * pull_a
      b.vx = b.vx - dx * pull_b
      b.vy = b.vy - dy * pull_b
      b.vz = b.vz - dz * pull_b
    end
  end
end

local function drift(bodies, dt)
  for i = 1, #bodies do
    local a = bodies[i]
    a.x = a.x + a.vx * dt
    a.y = a.y + a.vy * dt
    a.z = a.z + a.vz * dt
  end
end

local function energy(bodies)
  local total = 0.0
  for i = 1, #bodies do
    local a = bodies[i]
    total = total + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
    for j = i + 1, #bodies do
      local b = bodies[j]
      local dx, dy, dz = b.x - a.x, b.y - a.y, b.z - a.z
      total = total - a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
    end
  end
  return total
end

-- n steps; the energy says that the method is right, the position of one body that every step was made.
return function(n)
  local bodies = make_system()
  local dt = 0.001
  for step = 1, n do
    drift(bodies, 0.5 * dt)
    kick(bodies, dt)
    drift(bodies, 0.5 * dt)
  end
  return string.format("%.9g %.9g", energy(bodies), bodies[2].x)
end
