-- A million tail calls take constant space, also through methods, varargs and mutual recursion.
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + 1) end
print(loop(1000000, 0))
local object = {}
function object:down(n) if n == 0 then return "method" end return self:down(n - 1) end
print(object:down(200000))
local ping, pong
function ping(n) if n == 0 then return "ping" end return pong(n - 1) end
function pong(n) if n == 0 then return "pong" end return ping(n - 1) end
print(ping(300001))
local function many(n, ...) if n == 0 then return select("#", ...), ... end return many(n - 1, ...) end
print(many(100000, "a", nil, "c"))
local function grow(n, a, b, c, d, e) if n == 0 then return a, b, c, d, e end return grow(n - 1, b, c, d, e, n) end
print(grow(100000))
