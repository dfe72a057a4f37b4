-- Reads beyond both ends of an array, then a write that extends it.
local t = { 10, 20, 30 }
local seen = {}
for i = -1, 6 do seen[#seen + 1] = tostring(t[i]) end
print(table.concat(seen, " "))
local sum = 0
for round = 1, 100 do
  for i = 1, 5 do sum = sum + (t[i] or 1) end
  if round == 50 then t[5] = 100 end
  if round == 75 then t[4] = 50 end
end
print(sum, #t)
