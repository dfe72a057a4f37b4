-- Captured variables: shared cells, fresh variables in every iteration, and who sees an assignment.
local function counter() local n = 0 return function() n = n + 1 return n end, function() return n end end
local next_a, get_a = counter()
local next_b = counter()
print(next_a(), next_a(), next_b(), get_a())
local functions = {}
for i = 1, 3 do functions[i] = function() i = i + 10 return i end end
print(functions[1](), functions[1](), functions[2](), functions[3]())
functions = {}
for i, v in ipairs({"a", "b"}) do functions[i] = function() return i, v end end
print(functions[1]()) print(functions[2]())
functions = {}
local i = 1
while i <= 2 do local j = i functions[i] = function() j = j + 1 return j end i = i + 1 end
print(functions[1](), functions[1](), functions[2]())
functions = {}
repeat local k = #functions functions[k + 1] = function() return k end until k == 2
print(functions[1](), functions[2](), functions[3]())
local function outer(x) return function(y) return function(z) x = x + y + z return x end end end
local inner = outer(1)(2)
print(inner(3), inner(3))
local function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(10), even(7))
local recursive
recursive = function(n) return n == 0 and "zero" or recursive(n - 1) end
print(recursive(5))
local function self_reference() return self_reference end
print(self_reference() == self_reference)
local function parameters(a, b) local get = function() return a, b end a = a .. "!" return get end
print(parameters("x", "y")())
do
  local shared = 1
  local function set(v) shared = v end
  local function get() return shared end
  set(5)
  print(shared, get())
  shared = 6
  print(shared, get())
end
local t = {}
for i = 1, 2 do
  local x
  t[i] = {function(v) x = v end, function() return x end}
end
t[1][1]("one")
print(t[1][2](), t[2][2]())
goto start
::again::
do return end
::start::
local kept = {}
do
  local n = 0
  ::back::
  local fresh = n
  kept[#kept + 1] = function() fresh = fresh + 100 return fresh end
  n = n + 1
  if n < 3 then goto back end
end
print(kept[1](), kept[1](), kept[2](), kept[3]())
local function many(a, b, c, d, e, f, g, h, i, j) return function() return a + b + c + d + e + f + g + h + i + j end end
print(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)())
print((function() local x <const> = 5 local y <const> = "c" return function() return x, y end end)()())
