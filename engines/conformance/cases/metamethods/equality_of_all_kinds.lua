-- Equality of values of all kinds with each other, before and after metamethods for it come and go.
local C = {} C.__index = C
local a, b, c = setmetatable({}, C), setmetatable({}, C), {}
local s1, s2, l1, l2 = "abc", "abd", ("x"):rep(100), ("x"):rep(99) .. "x"
local vals = {a, b, c, {}, s1, s2, "abc", l1, l2, 1, 1.0, 2, 2.5, 0.0, -0.0, 0/0, nil, true, false, print, math.sin, function() end, coroutine.create(print), io.stdout, io.stderr}
local function eq(x, y) return x == y end
local function ne(x, y) if x ~= y then return 1 end return 0 end
local n, m = 0, 0
for r = 1, 30 do for i = 1, 25 do for j = 1, 25 do if eq(vals[i], vals[j]) then n = n + i * j end m = m + ne(vals[i], vals[j]) * i end end end
print(n, m)
local E = {__eq = function(x, y) return true end}
local e1, e2 = setmetatable({}, E), setmetatable({}, {})
for i = 1, 100 do assert(eq(e1, e2) and eq(e2, e1) and eq(e1, c) and eq(c, e1) and ne(a, e1) == 0) assert(not eq(e1, 1) and not eq(a, b)) end
C.__eq = function() return true end
for i = 1, 100 do assert(eq(a, b) and eq(b, a) and eq(a, c)) end
C.__eq = nil
for i = 1, 100 do assert(not eq(a, b) and not eq(b, a) and not eq(a, c)) end
print"ok"
