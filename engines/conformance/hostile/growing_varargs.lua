-- limits: seconds=20 memory=100000000 | ends: 1 too many results to unpack
local function grow(n, ...) return grow(2 * n, table.unpack({}, 1, n)) end
grow(1)
