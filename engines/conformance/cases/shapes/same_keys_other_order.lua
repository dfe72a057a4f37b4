-- Objects with the same fields in another order of creation.
local function ab() local t = {} t.a = 1 t.b = 2 return t end
local function ba() local t = {} t.b = 20 t.a = 10 return t end
local sum_a, sum_b = 0, 0
for i = 1, 50 do
  local t = i % 3 == 0 and ba() or ab()
  sum_a, sum_b = sum_a + t.a, sum_b + t.b
  t.a, t.b = t.b, t.a
  sum_a = sum_a - t.a
end
print(sum_a, sum_b)
