-- Functions that keep extra arguments, called with every number of arguments, from compiled code to compiled code.
local function two(a, b, ...) return a, b, select("#", ...), ... end
local function none(...) local n = select("#", ...) return n end
local function pass(...) return two(...) end
local function pass_none(...) return none(...) end
local function middle(...) local a, b, c = two(...) return c, b, a end
local function inner(...) local function f() return 1 end return f(...), ... end
local function recursive(n, ...) if n == 0 then return select("#", ...) end return recursive(n - 1, n, ...) end
local function deep(n, ...) if n == 0 then return 0 end return 1 + deep(n - 1, ...) end
local function packed(...) local t = { ... } return #t, t[1], t[#t] end
local function last(...) return (select(select("#", ...), ...)) end
for i = 1, 300 do
	two() two(1) two(1, 2) two(1, 2, 3) two(1, 2, 3, 4, 5)
	none() none(nil) none(1, 2, 3) pass() pass(1) pass(1, 2, 3, 4) pass_none(1, nil) middle(1, 2, 3) inner(1, 2)
	recursive(3) deep(3, 1, 2) packed() packed(1, 2, 3) last(1, 2)
end
print(two()) print(two(1)) print(two(1, 2)) print(two(1, 2, 3)) print(two(1, 2, 3, 4, 5))
print(none(), none(nil), none(nil, nil), (none(1, 2, 3)))
print(pass()) print(pass(1)) print(pass(1, 2, 3, 4)) print(pass_none(1, nil)) print(middle(1, 2, 3)) print(inner(1, 2))
print(recursive(40)) print(deep(20000, 1, 2, 3)) print(packed(1, 2, 3)) print(last("a", "b", "c"))
local many = {}
for i = 1, 240 do many[i] = i end
print(select("#", two(table.unpack(many))), last(table.unpack(many)), pass_none(table.unpack(many)))
print(pcall(two, 1, 2, 3)) print(select("#", pcall(pass))) print(pcall(error))
print(coroutine.wrap(function(...) return two(coroutine.yield(...)) end)(1, 2))
local function tail(...) if select("#", ...) > 3 then return ... end return tail(0, ...) end
for i = 1, 200 do tail(1) end
print(tail(1))
local function fixed(a, b) return a, b end
local function to_fixed(...) return fixed(...) end
for i = 1, 200 do to_fixed(1, 2, 3) end
print(to_fixed(1, 2, 3)) print(to_fixed(1)) print((to_fixed()))
