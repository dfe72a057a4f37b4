-- obj:method(...) evaluates obj once and passes it first.
local evaluated = 0
local object = { n = 0 }
function object:add(a, b) self.n = self.n + (a or 0) + (b or 0) return self end
function object.static(...) return select("#", ...) end
local function get() evaluated = evaluated + 1 return object end
get():add(1):add(2, 3):add()
print(object.n, evaluated, object:static(), object.static(), object:static(1, nil))
print(object.add(object, 10) == object, object.n)
local nested = { a = { b = { c = {} } } }
function nested.a.b.c:name(x) return self == nested.a.b.c, x end
print(nested.a.b.c:name("arg"))
function nested.a.f(x) return x end
print(nested.a.f(1), #("literal"):rep(2))
print(("x"):rep(3), #("y"):rep(4))
