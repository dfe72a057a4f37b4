-- The metatable of strings can be changed for indexing and more.
local mt = getmetatable("")
local old = mt.__index
mt.__index = function(s, k) return type(k) == "number" and s:sub(k, k) or old[k] end
print(("hello")[1], ("hello")[5], ("x"):upper(), ("abc").len("four"))
mt.__index = old
print(("hello")[1], ("x"):rep(3))
mt.__unm = function(s) return s:reverse() end
print(-"abc", -"12" == "21")
mt.__call = function(s, n) return s .. n end
print(("call")(1))
