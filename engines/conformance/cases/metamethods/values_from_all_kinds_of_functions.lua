-- Metamethods that return by a tail call, with extra arguments, with no or many results, from a coroutine, through pcall.
local M = {}
M.__index = M
local function new(v) return setmetatable({ v = v }, M) end
local function pair(...) return (...), select("#", ...) end
M.__add = function(a, b) return pair(a.v + b.v, a, b) end
M.__sub = function(...) local a, b = ... return new(a.v - b.v) end
M.__mul = function(a, b) return setmetatable({ v = a.v * b.v }, M) end
M.__div = function() end
M.__mod = function(a, b) return a.v % b.v, "dropped" end
M.__unm = function(...) return select(1, ...) end
M.__len = function(self) return self.v end
M.__eq = function(a, b) return a.v == b.v end
M.__lt = function(...) local a, b = ... return a.v < b.v end
M.__le = function(a, b) return pair(a.v <= b.v) end
M.__concat = function(a, b) return "<" .. (type(a) == "table" and a.v or a) .. (type(b) == "table" and b.v or b) .. ">" end
M.__call = function(self, ...) return self.v, ... end
M.__idiv = function(a, b) local ok, v = pcall(function(x) if x == 3 then error("three", 0) end return x end, a.v) return v end
M.__shl = function(a, b) return coroutine.wrap(function(x) coroutine.yield(x + 1) end)(a.v) end
M.__bor = function(a, b) return a.v > 0 and (new(a.v - 1) | b) or "end" end
local function work(a, b)
	local n = 0
	if a == b then n = n + 1 end
	if a < b then n = n + 2 end
	if a <= b then n = n + 4 end
	if not (a > b) then n = n + 8 end
	return a + b, (a - b).v, (a * b).v, a / b, a % b, #-a, a .. b, a .. "x" .. b, n, a(1, 2), a // b, a << b, a | b
end
local a, b = new(3), new(5)
local last
for i = 1, 300 do last = table.pack(work(a, b)) end
for i = 1, last.n do io.write(tostring(last[i]), " ") end print()
print(work(b, a))
print(work(new(1), new(1)))

local P = setmetatable({}, {
	__index = function(t, k) if k == "deep" then return t.other end return k .. "!" end,
	__newindex = function(t, k, v) rawset(t, k, v and v + 1) end,
})
local function fields(t, i) t.x = nil t.x = i return t.x, t.a, t.deep, t[i], t.b end
for i = 1, 300 do fields(P, i) end
print(fields(P, 7))
-- A metamethod that yields in the middle of compiled code.
local Y = setmetatable({}, { __index = function(t, k) return coroutine.yield(k) end, __lt = function(a, b) return coroutine.yield("lt") end })
local co = coroutine.wrap(function() local s = 0 for i = 1, 200 do s = s + Y.key if Y < Y then s = s + 1000 end end return "sum", s end)
local r, v = co()
local i = 0
while r ~= "sum" do i = i + 1 if r == "key" then r, v = co(i) else r, v = co(i % 3 == 0) end end
print(r, v)
-- Errors with their positions.
M.__pow = function(a, b) error("power " .. a.v) end
local function power(a, b) return a ^ b end
for i = 1, 200 do pcall(power, a, b) end
print(pcall(power, a, b))
print(pcall(function() return a & b end))
