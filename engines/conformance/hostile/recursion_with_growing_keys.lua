-- limits: seconds=10 memory=100000000 | ends: 1 C stack overflow
-- Metamethods count as calls of C functions, so that this ends before its keys take gigabytes.
local t = setmetatable({}, {__index = function(t, k) return t[k .. "x"] end})
print(t.a)
