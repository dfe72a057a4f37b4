-- title: Queens on a Board
-- probes: recursion, boolean arrays, integer arithmetic
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: arrays
-- test: n=10 result=724
-- bench: n=12 result=14200
-- large: n=13 result=73712

-- How many ways there are to place n queens on an n by n board, none attacking another.
local function place(row, n, columns, falling, rising)
  if row > n then return 1 end
  local ways = 0
  for column = 1, n do
    local fall, rise = row - column + n, row + column
    if not (columns[column] or falling[fall] or rising[rise]) then
      columns[column], falling[fall], rising[rise] = true, true, true
      ways = ways + place(row + 1, n, columns, falling, rising)
      columns[column], falling[fall], rising[rise] = false, false, false
    end
  end
  return ways
end

local function all_false(count)
  local flags = {}
  for i = 1, count do
    flags[i] = false
  end
  return flags
end

return function(n)
  return string.format("%d", place(1, n, all_false(n), all_false(2 * n), all_false(2 * n)))
end
