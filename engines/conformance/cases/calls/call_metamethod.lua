-- __call gets the called value first and all arguments after it; it may be several levels deep.
local c = setmetatable({ k = 10 }, { __call = function(self, ...) return self.k, select("#", ...), ... end })
print(c())
print(c(1, nil, 3))
print(pcall(c, "via pcall"))
local deep = setmetatable({}, { __call = c })
print((select(2, deep("x"))), select("#", deep("x")), (select(4, deep("x"))))
local t = { f = c }
print(t.f(1))
print((select(2, t:f(2))), select(3, t:f(2)) == t, (select(4, t:f(2))))
local sum = 0
for i = 1, 50 do sum = sum + (select(2, c(i, i))) end
print(sum)
local function tail(x) return c(x) end
print(tail("tail"))
print(pcall(setmetatable({}, { __call = 5 })))
print(pcall(setmetatable({}, {})))
print(pcall(table.sort, { 3, 1, 2 }, c))
