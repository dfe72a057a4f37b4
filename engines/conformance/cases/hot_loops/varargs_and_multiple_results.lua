-- Varargs and multiple results in a hot loop.
local function swap(a, b) return b, a end
local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total, ...
end
local x, y = 1, 2
for i = 1, 1001 do x, y = swap(x, y) end
print(x, y)
local grand = 0
for i = 1, 500 do
  local s, first = sum(i, i * 2, 1)
  grand = grand + s + first
end
print(grand)
