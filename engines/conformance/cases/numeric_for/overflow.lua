-- The loop ends at the limits of integers; the control variable never wraps around.
local max, min = math.maxinteger, math.mininteger
local count = 0
for i = max - 2, max do count = count + 1 io.write(i, " ") end
print(count)
count = 0
for i = min + 2, min, -1 do count = count + 1 io.write(i, " ") end
print(count)
for i = max - 5, max, 3 do io.write(i, " ") end
print()
for i = min, min + 5, 4 do io.write(i, " ") end
print()
for i = min, max, max do io.write(i, " ") end
print()
for i = max, min, min do io.write(i, " ") end
print()
for i = 1, max, max - 1 do io.write(i, " ") end
print()
