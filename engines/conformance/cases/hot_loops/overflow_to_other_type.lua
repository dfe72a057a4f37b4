-- A hot integer loop wraps around; a hot float loop reaches infinity.
local x = math.maxinteger - 5000
local negative_at
for i = 1, 10000 do
  x = x + 1
  if x < 0 and not negative_at then negative_at = i end
end
print(x, negative_at)
local y = 1.0
local infinite_at
for i = 1, 2000 do
  y = y * 2
  if y == 1/0 and not infinite_at then infinite_at = i end
end
print(y, infinite_at)
local z = 1
for _ = 1, 3000 do z = z * 3 end
print(z)
