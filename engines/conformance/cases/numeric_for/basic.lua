-- Up, down, by steps, and loops that run once or never.
local function collect(first, last, step)
  local seen = {}
  for i = first, last, step do seen[#seen + 1] = i end
  return table.concat(seen, " ")
end
print("1..5", collect(1, 5, 1))
print("5..1", collect(5, 1, -1))
print("1..10 by 3", collect(1, 10, 3))
print("10..1 by -4", collect(10, 1, -4))
print("1..1", collect(1, 1, 1))
print("1..0", collect(1, 0, 1))
print("0..1 by -1", collect(0, 1, -1))
print("-3..3 by 2", collect(-3, 3, 2))
for i = 3, 1 do print("never", i) end
