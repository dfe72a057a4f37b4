-- Objects get fields at different times; readers see what is there.
local list = {}
for i = 1, 12 do
  local t = { id = i }
  if i % 2 == 0 then t.even = true end
  if i % 3 == 0 then t.three = i // 3 end
  t.last = i * 10
  list[i] = t
end
for _, t in ipairs(list) do
  io.write(t.id, t.even and "e" or "o", t.three or "-", ":", t.last, " ")
end
print()
for i, t in ipairs(list) do t.added = i if i % 4 == 0 then t.even = nil end end
local evens = 0
for _, t in ipairs(list) do if t.even then evens = evens + t.added end end
print(evens)
