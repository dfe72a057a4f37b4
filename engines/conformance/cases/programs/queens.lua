-- Eight queens by backtracking.
local function queens(n)
  local columns, up, down, place, count = {}, {}, {}, {}, 0
  local first
  local function try(row)
    if row > n then
      count = count + 1
      first = first or table.concat(place, " ")
      return
    end
    for c = 1, n do
      if not (columns[c] or up[row + c] or down[row - c]) then
        columns[c], up[row + c], down[row - c], place[row] = true, true, true, c
        try(row + 1)
        columns[c], up[row + c], down[row - c] = nil, nil, nil
      end
    end
  end
  try(1)
  return count, first
end
print(queens(6))
print(queens(7))
