-- Three levels of classes; a method is added in the middle, then on the most derived one.
local function derive(base)
  local c = setmetatable({}, base)
  c.__index = c
  return c
end
local A = {}
A.__index = A
function A:f() return "A.f" end
function A:g() return "A.g+" .. self:f() end
local B = derive(A)
local C = derive(B)
local object = setmetatable({}, C)
local seen = {}
for i = 1, 60 do
  if i == 21 then function B:f() return "B.f" end end
  if i == 41 then function C:f() return "C.f/" .. B.f(self) end end
  if i == 51 then B.f = nil end
  local answer = object:g()
  if answer ~= seen[#seen] then seen[#seen + 1] = answer end
end
print(table.concat(seen, " | "))
print(rawget(object, "f"), rawget(C, "g"), object.missing)
