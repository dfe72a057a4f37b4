-- The metatable of an object changes while a loop uses it.
local M1 = { __index = { v = 1, f = function() return "one" end } }
local M2 = { __index = { v = 2, f = function() return "two" end } }
local object = setmetatable({}, M1)
local sum, text = 0, nil
for i = 1, 90 do
  if i == 31 then setmetatable(object, M2) end
  if i == 61 then setmetatable(object, nil) end
  sum = sum + (object.v or 100)
  if i == 15 or i == 45 then text = (text or "") .. object.f() end
end
print(sum, text, getmetatable(object), object.f)
