-- All expressions of an assignment are evaluated before any of it, tables in upvalues among them.
local a, b = {}, nil
local table_before = a
local function f() b, a.x, a = a, 10, 20 end
f()
print(b == table_before, table_before.x, a)
local t, i = { 1, 2, 3 }, 1
local kept = t
local function g() i, t[i], t = 3, "first", {} end
g()
print(i, kept[1], #t)
local function h()
  local _ENV = { name = "old" }
  local inner = _ENV
  local function swap() _ENV, name = { name = "new" }, "assigned" end
  swap()
  return inner.name, name
end
print(h())
