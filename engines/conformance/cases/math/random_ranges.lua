-- Random numbers stay in their range and reach both ends.
math.randomseed(2024)
local low, high = math.huge, -math.huge
for _ = 1, 2000 do
  local r = math.random()
  assert(r >= 0 and r < 1 and math.type(r) == "float")
  local i = math.random(6)
  assert(math.type(i) == "integer")
  low, high = math.min(low, i), math.max(high, i)
end
print(low, high)
local seen = {}
for _ = 1, 500 do seen[math.random(-2, 2)] = true end
print(seen[-2], seen[-1], seen[0], seen[1], seen[2], seen[3])
print(pcall(math.random, 0, -1))
print(pcall(math.random, -5))
print(pcall(math.random, 1.5))
print(pcall(math.random, 1, 2, 3))
print(math.random(math.maxinteger, math.maxinteger) == math.maxinteger)
