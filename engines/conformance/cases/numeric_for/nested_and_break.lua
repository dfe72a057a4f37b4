-- Nested loops with break leave exactly one loop.
for i = 1, 4 do
  for j = 1, 4 do
    if j > i then break end
    io.write(i * j, " ")
  end
  if i == 3 then
    print("leaving at", i)
    break
  end
  print()
end
local total = 0
for i = 1, 30 do
  for j = i, 30 do
    if (i + j) % 7 == 0 then break end
    total = total + i * j
  end
end
print(total)
