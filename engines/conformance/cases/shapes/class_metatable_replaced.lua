-- The class of a class changes: what instances inherit through it changes with it.
local base1, base2 = { f = function() return "base1" end, k = 1 }, { f = function() return "base2" end }
base1.__index, base2.__index = base1, base2
local C = setmetatable({}, base1)
C.__index = C
local object = setmetatable({}, C)
local seen = {}
for i = 1, 50 do
  if i == 11 then setmetatable(C, base2) end
  if i == 21 then base2.f = function() return "base2 changed" end end
  if i == 31 then setmetatable(C, nil) end
  if i == 41 then C.f = function() return "own of C" end end
  local v = (object.f and object.f() or "none") .. "/" .. tostring(object.k)
  if v ~= seen[#seen] then seen[#seen + 1] = v end
end
print(table.concat(seen, ", "))
