-- title: Changing Shapes
-- probes: shape instability: fields in many orders, fields that come and go, access by a computed name
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: change
-- test: n=400 result=2929421 3333
-- bench: n=2800 result=20507839 23333
-- large: n=30000 result=219729526 250000

local names = { "id", "mass", "speed", "colour", "owner", "state" }

-- An object with all six fields; `order` says which comes first, so there are many ways to have the same fields.
local function make(order, value)
  local object = {}
  for i = 0, #names - 1 do
    object[names[(order * (i + 1) + i) % 7 % #names + 1]] = value + i
  end
  for i = 1, #names do
    local name = names[i]
    object[name] = object[name] or i
  end
  return object
end

local function energy(object)
  return object.mass * object.speed + object.id - object.state
end

-- Some objects get a field that others have not, some lose one and get it back.
local function disturb(object, step)
  if step % 3 == 0 then
    object.mark = step
  elseif step % 3 == 1 then
    object.colour = nil
    object.colour = step % 11
  else
    object["note" .. step % 5] = true
  end
end

local function count_fields(object)
  local count = 0
  for _ in pairs(object) do
    count = count + 1
  end
  return count
end

-- n rounds over objects of about thirty shapes.
return function(n)
  local total, fields = 0, 0
  for round = 1, n do
    local objects = {}
    for i = 1, 30 do
      objects[i] = make(i, (i + round) % 9)
    end
    for step = 1, 4 do
      for i = 1, #objects do
        local object = objects[i]
        total = total + energy(object)
        disturb(object, i + step)
        total = total + object.colour + (object.mark or 0)
      end
    end
    fields = fields + count_fields(objects[round % 30 + 1])
  end
  return string.format("%d %d", total, fields)
end
