-- Comparisons as values, not only as conditions.
local a, b = 3, 4
local lt, le, eq, ne = a < b, a <= b, a == b, a ~= b
print(lt, le, eq, ne, a > b, a >= b, not (a < b))
local t = { a < b, a > b, x = a == 3 }
print(t[1], t[2], t.x, (a < b) == (b > a), a < b == true)
local function cmp(x, y) return x < y, x == y, x > y end
print(cmp(1, 2))
print(cmp("b", "a"))
print(cmp(2.5, 2.5))
print(1 == 1.0, "1" == 1, nil == false, {} == {}, "a" == "a", 0 == -0)
local count = 0
for i = 1, 100 do if i % 3 == 0 and i % 5 ~= 0 or i == 50 then count = count + 1 end end
print(count)
