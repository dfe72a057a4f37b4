-- <const> locals: folding, captures, and the error on assignment.
local limit <const> = 10
local name <const>, other = "n", 1
local t <const> = { v = 1 }
t.v = t.v + limit
other = other + limit
print(t.v, other, name .. limit, -limit, limit * limit)
local function f() return limit + 1, name end
print(f())
local x <const> = nil
local y <const> = false
print(x, y, x or y, y == false)
print(load("local a <const> = 1; a = 2", "=c"))
print(load("local a <const> = 1; return function() a = 2 end", "=c"))
print(load("local a <wrong> = 1", "=c"))
print(load("local a <const> = 1; for a = 1, 2 do a = 3 end; return 'shadowed'", "=c")())
