-- A class is filled and overwritten by loops over names, as mixins do.
local C = {}
C.__index = C
local object = setmetatable({}, C)
local function mix(methods) for name, method in pairs(methods) do C[name] = method end end
local total = 0
for i = 1, 60 do
  if i == 11 then mix { a = function() return 1 end, b = function() return 10 end } end
  if i == 31 then mix { b = function() return 100 end, c = function() return 1000 end } end
  if i == 51 then for _, name in ipairs { "a", "b", "c" } do C[name] = nil end end
  for _, name in ipairs { "a", "b", "c" } do
    local method = object[name]
    if method then total = total + method(object) end
  end
  if object.a then total = total + object:a() end
end
print(total)
