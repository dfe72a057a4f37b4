-- A float start or step makes the loop a float loop.
local function run(first, last, step)
  local seen = {}
  for i = first, last, step do seen[#seen + 1] = tostring(i) end
  print(table.concat(seen, " "))
end
run(0, 1, 0.25)
run(1.0, 3, 1)
run(1, 0, -0.5)
run(0.1, 0.35, 0.1)
run(1, 2, 1.0)
run(1.5, 1.5, 1)
run(1.0, 0/0, 1)
run(2^53, 2^53 + 4, 2)
local count = 0
for _ = 1, 2, 0.1 do count = count + 1 end
print(count)
for i = 0, 1, 0.5 do io.write(i, " ") end
print()
