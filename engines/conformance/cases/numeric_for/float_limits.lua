-- A float limit of an integer loop is clipped to what integers can reach.
for i = 1, 3.7 do io.write(i, " ") end
print()
for i = 3, 0.5, -1 do io.write(i, " ") end
print()
for i = 1, -math.huge do io.write(i, " ") end
print("none")
for i = math.maxinteger - 1, math.huge do io.write(i, " ") end
print()
for i = math.mininteger + 1, -math.huge, -1 do io.write(i, " ") end
print()
for i = 1, 0/0 do io.write(i, " ") end
print("none")
for i = 1, 1e300 do if i > 3 then break end io.write(i, " ") end
print()
for i = 1, 3 do io.write(math.type(i), " ") end
print()
