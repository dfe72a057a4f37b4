-- limits: seconds=30 memory=1000000000 slow=1 | ends: 0
-- A function of a million lines.
local f = assert(load("local x = 0\n" .. ("x = x + 1\n"):rep(1000000) .. "return x"))
assert(f() == 1000000)
