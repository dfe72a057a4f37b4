-- A few generations of the game of life on a torus.
local width, height = 10, 8
local function empty() local g = {} for y = 1, height do g[y] = {} for x = 1, width do g[y][x] = 0 end end return g end
local grid = empty()
for _, cell in ipairs { { 2, 1 }, { 3, 2 }, { 1, 3 }, { 2, 3 }, { 3, 3 } } do grid[cell[2]][cell[1]] = 1 end
local function step(g)
  local result = empty()
  for y = 1, height do
    for x = 1, width do
      local sum = -g[y][x]
      for dy = -1, 1 do
        local row = g[(y + dy - 1) % height + 1]
        for dx = -1, 1 do sum = sum + row[(x + dx - 1) % width + 1] end
      end
      result[y][x] = (sum == 3 or (sum == 2 and g[y][x] == 1)) and 1 or 0
    end
  end
  return result
end
for _ = 1, 10 do grid = step(grid) end
for y = 1, height do print((table.concat(grid[y]))) end
