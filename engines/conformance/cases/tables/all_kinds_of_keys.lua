-- Every value but nil and NaN is a key, and equal values are equal keys.
local f, t2 = function() end, {}
local t = { [true] = "T", [false] = "F", [f] = "function", [t2] = "table", [print] = "print", [-1] = "minus", [""] = "empty" }
print(t[true], t[false], t[f], t[t2], t[print], t[-1], t[""], t[{}], t[function() end])
t[t2] = nil
print(t[t2], t[f])
local self = {}
self[self] = self
print(self[self][self] == self)
t["10"], t[10], t[10.5] = "string", "integer", "float"
print(t["10"], t[10], t[10.0], t[10.5], t["10.0"])
