-- A field of the instance hides the method of the class, and uncovers it again.
local C = {}
C.__index = C
function C:who() return "class" end
local a, b = setmetatable({}, C), setmetatable({}, C)
local log = {}
for i = 1, 6 do
  if i == 3 then a.who = function() return "instance" end end
  if i == 5 then a.who = nil end
  log[i] = a:who() .. "/" .. b:who()
end
print(table.concat(log, " "))
