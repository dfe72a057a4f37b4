-- Fields come and go; the table never forgets what is in it now.
local t = {}
for round = 1, 5 do
  for i = 1, 40 do t["k" .. i] = round * i end
  for i = 1, 40, 2 do t["k" .. i] = nil end
end
local count, sum = 0, 0
for _, v in pairs(t) do count, sum = count + 1, sum + v end
print(count, sum, t.k1, t.k2)
for round = 1, 300 do
  t["temporary" .. round] = round
  t["temporary" .. round] = nil
end
count = 0
for _ in pairs(t) do count = count + 1 end
print(count)
for i = 1, 1000 do t[i * 7.5] = i t[i * 7.5] = nil end
print(t[7.5], t[7500])
