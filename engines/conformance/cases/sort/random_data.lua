-- Many sizes of pseudo-random data come out in order and complete.
local seed = 12345
local function random() seed = (seed * 1103515245 + 12345) % 2147483648 return seed end
for _, n in ipairs { 2, 3, 10, 50, 101, 500 } do
  local t, sum = {}, 0
  for i = 1, n do t[i] = random() % 100 sum = sum + t[i] end
  table.sort(t)
  local ordered, check = true, t[1]
  for i = 2, n do
    ordered = ordered and t[i - 1] <= t[i]
    check = check + t[i]
  end
  print(n, ordered, check == sum)
end
