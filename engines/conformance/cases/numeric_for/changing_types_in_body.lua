-- Variables of the body change their types while the loop is hot.
local x = 1
for i = 1, 200 do
  if i == 80 then x = x + 0.5 end
  if i == 120 then x = tostring(x) end
  if i == 160 then x = nil end
  if type(x) == "number" then x = x + 1
  elseif type(x) == "string" then x = #x > 20 and x or x .. "!"
  else x = x or false end
  if i % 40 == 0 then print(i, math.type(x), x) end
end
