-- One access site sees four shapes, with the field in different places.
local objects = {
  { v = 1 }, { a = 0, v = 2 }, { a = 0, b = 0, v = 3 }, { c = 0, b = 0, a = 0, v = 4 },
}
local sum = 0
for i = 1, 200 do
  local object = objects[(i - 1) % 4 + 1]
  sum = sum + object.v
  object.v = object.v + 1
end
print(sum, objects[1].v, objects[2].v, objects[3].v, objects[4].v, objects[4].a)
