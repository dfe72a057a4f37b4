-- Elements of one array are swapped in a loop, also with themselves.
local t = {}
for i = 1, 50 do t[i] = i end
for i = 1, 25 do t[i], t[51 - i] = t[51 - i], t[i] end
print(table.concat(t, " ", 1, 10), t[50])
for i = 1, 50 do t[i], t[i] = t[i] + 1, t[i] + 2 end
local i, j = 1, 50
while i < j do
  t[i], t[j], i, j = t[j], t[i], i + 1, j - 1
end
print(t[1] < t[50], i, j)
