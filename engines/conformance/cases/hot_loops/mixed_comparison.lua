-- Comparisons of integers with floats in hot code: exact, whatever the float nearest to the integer is.
local function less(a, b) return a < b end
local function less_equal(a, b) return a <= b end
local function count(n, limit)
  local i, sum = 0, 0
  while i < limit do
    i = i + 1
    if i % 3 == 0 then goto continue end
    sum = sum + i // 4
    ::continue::
  end
  return sum, i
end

local wide = 1 << 53
local numbers = {
  0, -1, 1, wide - 1, wide, wide + 1, -wide + 1, -wide, -wide - 1, math.maxinteger, math.mininteger,
  0.0, -0.0, 0.5, -0.5, 2.0 ^ 53, 2.0 ^ 53 - 1, -2.0 ^ 53, 2.0 ^ 53 + 2, 2.0 ^ 63, -2.0 ^ 63, 2.0 ^ 62,
  1 / 0, -1 / 0, 0 / 0,
}
for round = 1, 40 do
  local truths, line = 0, {}
  for i, a in ipairs(numbers) do
    for j, b in ipairs(numbers) do
      if less(a, b) then truths = truths + i * j end
      if less_equal(a, b) then truths = truths + i * j * 1000 end
      if a > b then truths = truths + i end
      if a >= b then truths = truths + j end
    end
    line[#line + 1] = (a < 0.5 and "<" or ".") .. (a <= 1 and "<" or ".") .. (a > -1.5 and ">" or ".")
  end
  if round == 1 or round == 40 then print(truths, table.concat(line, " ")) end
end

for _ = 1, 120 do count(3, 3.5) end
print(count(1000, 1000.0))
print(count(1000, 999.5))
print(count(1000, 1000))
print(pcall(count, 10, "x"))

-- A loop that is compiled for small integers and meets wide ones.
local function walk(from, to)
  local steps = 0
  while from < to and steps < 100 do
    from = from + 1
    steps = steps + 1
  end
  return steps
end
for _ = 1, 200 do walk(1, 8.5) end
print(walk(wide - 3, 2.0 ^ 53 + 4), walk(math.maxinteger - 5, 2.0 ^ 63), walk(-wide - 3, -2.0 ^ 53))
print(-7 // 4, -8 // 4, 7 // 1, math.mininteger // (1 << 30), -7 % 4)
local function quarter(n) return n // 4, n // 1, n % 8 end
for _ = 1, 200 do quarter(9) end
print(quarter(-7))
print(quarter(-7.5))
print(quarter(math.mininteger))
