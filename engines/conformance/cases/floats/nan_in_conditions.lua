-- Every comparison with NaN is false, so a condition and its negation are not opposites of each other's operator.
local nan, one = 0/0, 1
local function branches(a, b)
  local r = {}
  if a < b then r[#r + 1] = "lt" end
  if not (a < b) then r[#r + 1] = "not lt" end
  if a <= b then r[#r + 1] = "le" end
  if not (a <= b) then r[#r + 1] = "not le" end
  if a > b then r[#r + 1] = "gt" end
  if not (a > b) then r[#r + 1] = "not gt" end
  if a >= b then r[#r + 1] = "ge" end
  if not (a >= b) then r[#r + 1] = "not ge" end
  if a == b then r[#r + 1] = "eq" else r[#r + 1] = "ne" end
  return table.concat(r, ",")
end
for _ = 1, 20 do branches(1, 2.5) branches(2, 1) branches(1.5, 1.5) end
print(branches(nan, one))
print(branches(one, nan))
print(branches(nan, nan))
print(branches(1.5, nan))
print(nan < 5 or nan >= 5, not (nan < 5) and not (nan >= 5), 5 < nan, 5 > nan, nan == nan, nan ~= nan)
local loops = 0
while not (nan > loops) and loops < 3 do loops = loops + 1 end
repeat loops = loops + 1 until not (loops < nan) or loops > 10
print(loops)
