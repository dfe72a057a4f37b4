-- The left operand's metamethod comes first, the right one's only if the left has none.
local function named(name, event) return setmetatable({ name = name }, event and { [event] = function(a, b) return name .. "'s" end }) end
local a, b, none = named("a", "__add"), named("b", "__add"), named("none", "__sub")
print(a + b, b + a, none + a, a + none, 5 + b, b + 5, "x" + a, nil + b)
print(pcall(function() return none + 1 end))
print(pcall(function() return {} + none end))
print(pcall(function() return none * a end))
