-- limits: seconds=30 memory=200000000 | ends: 0
local levels
local function f()
  levels = levels + 1
  assert(pcall(f))
end
for i = 1, 3 do
  levels = 0
  local ok, message = pcall(f)
  assert(not ok and message:find("stack overflow", 1, true), message)
  assert(levels > 100 and levels < 1000, levels)
end
local function g() return pcall(g) end
g()
local function h() return pcall(pcall, h) end
h()
