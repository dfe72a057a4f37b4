-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local function f(n) return f(n + 1) end
f(1)
