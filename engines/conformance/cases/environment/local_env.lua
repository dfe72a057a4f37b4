-- A local _ENV redirects every global name in its scope.
local print = print
x = "outer"
do
  local _ENV = { x = "inner" }
  print(x, y)
  y = "made inside"
  print(y)
end
print(x, y)
local function with(_ENV) return a + b end
print(with({ a = 1, b = 2 }), with({ b = 20, a = 10 }))
local function set(_ENV, v) result = v end
local target = {}
set(target, 42)
print(target.result, result)
