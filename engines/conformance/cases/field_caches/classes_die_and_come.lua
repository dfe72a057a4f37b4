-- Classes that die while the places that used them live on, and others that take their room.
local function get(object) return object.v or object.w end
local sum = 0
for round = 1, 300 do
  local class = { v = round }
  class.__index = class
  local a, b = setmetatable({}, class), setmetatable({}, class)
  sum = sum + get(a) + get(b) + (a.w or 1)
  if round % 2 == 0 then
    class, a, b = nil, nil, nil
    collectgarbage()
  end
end
print(sum)
for round = 1, 300 do
  local parent = {}
  if round % 3 == 0 then parent.v = round else parent.w = -round end
  local class = setmetatable({}, { __index = parent })
  local a, b = setmetatable({}, { __index = class }), setmetatable({}, { __index = class })
  sum = sum + get(a) + get(b)
  if round % 5 == 0 then collectgarbage() end
  class.v = 1
  sum = sum + get(a)
  class.v = nil
  sum = sum + get(b)
end
print(sum)
