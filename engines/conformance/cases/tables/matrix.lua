-- Tables of tables, read and written in nested loops.
local n = 12
local function make(f)
  local m = {}
  for i = 1, n do
    m[i] = {}
    for j = 1, n do m[i][j] = f(i, j) end
  end
  return m
end
local a, b = make(function(i, j) return i + j end), make(function(i, j) return i == j and 1 or 0 end)
local c = make(function(i, j)
  local sum = 0
  for k = 1, n do sum = sum + a[i][k] * b[k][j] end
  return sum
end)
local same = true
for i = 1, n do for j = 1, n do same = same and c[i][j] == a[i][j] end end
print(same, c[1][1], c[n][n])
