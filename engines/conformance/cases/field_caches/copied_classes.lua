-- Classes that are built by copying methods under names which are no constants: far more than a shape has children by
-- data, so that the later ones begin as dictionaries; they are classes all the same.
local function make(number)
  local class = {}
  for k = 1, 5 do class["method_" .. number .. "_" .. k] = function() return number * k end end
  class.__index = class
  return class
end
local objects, sum = {}, 0
for number = 1, 300 do
  local class = make(number)
  objects[number] = setmetatable({ name = "method_" .. number .. "_2" }, class)
  if number % 3 == 0 then setmetatable({}, class) end
end
for round = 1, 3 do
  for _, object in ipairs(objects) do sum = sum + object[object.name]() end
end
print(sum)

-- A class that is looked through becomes one while somebody traverses it.
local wide = {}
for i = 1, 300 do wide["field" .. i] = i end
local object = setmetatable({}, { __index = wide })
local count, total = 0, 0
for key, value in pairs(wide) do
  count = count + 1
  total = total + object[key]
  if value % 7 == 0 then wide[key] = nil end
end
print(count, total, object.field300, object.field301)
count = 0
for _ in pairs(wide) do count = count + 1 end
print(count)
local read = 0
for i = 1, 300 do read = read + (object["field" .. i] and 1 or 0) end
print(read)
-- It loses what it had, gets more, and keys of other kinds.
for i = 1, 300 do wide["field" .. i] = nil end
for i = 1, 300 do wide["other" .. i] = i end
print(object.field1, object.other1, object.other300)
wide[1], wide[true] = "one", "yes"
print(object[1], object[true], object.other77)
