-- Leaving several loops at once, and going on with the outer one.
for i = 1, 5 do
  for j = 1, 5 do
    for k = 1, 5 do
      if i * j * k == 24 then
        print("found", i, j, k)
        goto done
      end
    end
  end
end
::done::
local rows = {}
for i = 1, 4 do
  for j = 1, 4 do
    if j == i then goto next_row end
    rows[#rows + 1] = i .. j
  end
  ::next_row::
end
print(table.concat(rows, " "))
