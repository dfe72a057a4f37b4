-- Comparisons with constants of either type, on either side, for integers and floats.
local function against(x)
  return x < 5, x <= 5, x > 5, x >= 5, x == 5, x < 5.5, x <= 5.5, x > 5.5, x == 5.5, 5 < x, 5.0 <= x, 5.5 > x, 5 ~= x
end
for _, x in ipairs { 4, 5, 6, 4.5, 5.0, 5.5, 6.5, -1/0, 1/0 } do print(x, against(x)) end
print("nan", against(0/0))
print(pcall(against, "5"))
print(pcall(against, nil))
print(against(setmetatable({}, { __lt = function() return true end, __le = function() return false end })))
local n = 0
for i = 1, 100 do
  local x = i % 2 == 0 and i or i + 0.5
  if x > 50 then n = n + 1 end
  if x <= 10.5 then n = n + 100 end
end
print(n)
