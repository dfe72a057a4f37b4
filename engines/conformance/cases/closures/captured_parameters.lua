-- Parameters, varargs copies and self are captured like locals.
local function make(a, b, ...)
  local rest = { ... }
  return function(x)
    a = a + x
    return a, b, #rest, rest[1]
  end, function() b = "changed by sibling" end
end
local f, g = make(1, "b", "r1", "r2")
print(f(1))
g()
print(f(1))
local object = { name = "object" }
function object:getter() return function() return self.name end end
local get = object:getter()
object.name = "renamed"
print(get(), make(5)(5))
