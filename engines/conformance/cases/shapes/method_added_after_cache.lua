-- A method appears on the class after lookups for it have failed many times.
local C = {}
C.__index = C
local object = setmetatable({}, C)
local found = 0
for i = 1, 100 do
  if object.greet then found = found + object:greet() end
  if i == 60 then function C:greet() return 1 end end
  if i == 80 then C.greet = nil end
  if i == 90 then C.greet = function() return 10 end end
end
print(found)
