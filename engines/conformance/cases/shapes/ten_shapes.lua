-- One access site sees ten shapes, and then one it has never seen.
local objects = {}
for i = 1, 10 do
  local object = {}
  for j = 1, i do object["pad" .. j] = j end
  object.v = i
  objects[i] = object
end
local function get(object) return object.v end
local function set(object, v) object.v = v end
local sum = 0
for i = 1, 300 do
  local object = objects[i % 10 + 1]
  sum = sum + get(object)
  set(object, get(object) + 1)
end
print(sum, get({ q = 1, v = "new shape" }), get({}), get(setmetatable({}, { __index = { v = "inherited" } })))
for _, object in ipairs(objects) do io.write(object.v, " ") end
print()
