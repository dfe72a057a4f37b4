-- Quicksort written in Lua, on integers, floats and strings.
local function quicksort(t, low, high)
  if low >= high then return t end
  local pivot = t[(low + high) // 2]
  local i, j = low, high
  while i <= j do
    while t[i] < pivot do i = i + 1 end
    while pivot < t[j] do j = j - 1 end
    if i <= j then
      t[i], t[j] = t[j], t[i]
      i, j = i + 1, j - 1
    end
  end
  quicksort(t, low, j)
  return quicksort(t, i, high)
end
local seed = 7
local function random(n) seed = (seed * 16807) % 2147483647 return seed % n end
local numbers, floats, words = {}, {}, {}
for i = 1, 200 do numbers[i], floats[i], words[i] = random(1000), random(1000) / 8, "w" .. random(100) end
for _, t in ipairs { numbers, floats, words } do
  quicksort(t, 1, #t)
  for i = 2, #t do assert(t[i - 1] <= t[i]) end
  print(t[1], t[100], t[200])
end
