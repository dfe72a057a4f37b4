-- A field set to nil is absent: reading goes on to __index, writing goes to __newindex.
local class = { v = "class" }
local object = setmetatable({ v = "own" }, { __index = class })
local seen = {}
for i = 1, 30 do
  if i == 11 then object.v = nil end
  if i == 21 then object.v = "own again" end
  if object.v ~= seen[#seen] then seen[#seen + 1] = object.v end
end
print(table.concat(seen, " "))
object.v = nil
class.v = nil
print(object.v, next(object))
class.v = "back"
print(object.v)
