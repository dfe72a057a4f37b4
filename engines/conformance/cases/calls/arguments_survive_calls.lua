-- Values held across calls: temporaries, arguments and locals.
local function id(...) return ... end
local function add(a, b) return a + b end
local a = id(1) + id(2) * id(3) - id(4)
print(a, add(id(1), add(id(2), add(id(3), id(4)))))
local t = { id(1), id(2), x = id("x"), [id("k")] = id("v") }
print(t[1], t[2], t.x, t.k, id("a") .. id("b") .. id("c"))
local function deep(n) if n == 0 then return 0 end local x, y = n, n * 2 local z = deep(n - 1) return x + y + z - n * 3 + n end
print(deep(100))
print(id(id) == id, id(id)(id(5)), -id(3), not id(nil), #id("abc"))
