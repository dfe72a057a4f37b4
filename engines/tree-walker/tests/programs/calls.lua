-- Multiple results, varargs, tail calls, method calls and what a call is cut to.
local function three() return 1, 2, 3 end
local function none() end
print(three(), three())
print((three()), none(), (none()))
print(({three(), three()})[4], #{three(), (three())}, select("#", none()))
local a, b, c, d = three()
print(a, b, c, d)
a, b = three(), 10
print(a, b)
a, b, c, d = 0, three()
print(a, b, c, d)
local function count(...) return select("#", ...), ... end
print(count())
print(count(nil, nil))
print((count(1, 2)))
local function pass(x, ...) local first, second = ... return x, first, second, ... end
print(pass(1))
print(pass(1, 2))
print(pass(1, 2, 3, 4))
local function packed(...) return {n = select("#", ...), ...} end
print(packed(1, nil, 3).n, packed(three(), three()).n)
local function fewer(a, b, c) return a, b, c end
print(fewer(1), fewer(1, 2, 3, 4))
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + n) end
print(loop(300000, 0))
local function pingpong(n) if n == 0 then return "end", n end return (n % 2 == 0 and pingpong or loop)(n - 1, 0) end
print(pingpong(10))
local function native_tail(...) return select(2, ...) end
print(native_tail(1, 2, 3))
local object = {value = 5}
function object:get(...) return self.value, ... end
function object.set(self, value) self.value = value return self end
print(object:get(), object:set(7):get(8, 9))
local name = "x"
print(("%s-%d"):format(name, 3), name:rep(2):upper(), #name:rep(3))
print((function(...) return ... end)(three()))
print(pcall(three))
print(type(three()), select("#", print()))
local many = {}
for i = 1, 300 do many[i] = i end
print(select("#", table.unpack(many)), (select(300, table.unpack(many))))
print(count(table.unpack(many, 1, 5)))
local function deep_varargs(n, ...) if n == 0 then return select("#", ...) end return deep_varargs(n - 1, n, ...) end
print(deep_varargs(60))
