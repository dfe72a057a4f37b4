-- limits: seconds=30 memory=50000000 | ends: 0
-- Ten million tail calls take constant space: between functions, through methods, metamethods and the library.
local n = 10000000
local ping, pong
function ping(k) if k == 0 then return "done" end return pong(k - 1) end
function pong(k) if k == 0 then return "done" end return ping(k - 1) end
assert(ping(n) == "done")
local object = {}
function object:step(k, ...) if k == 0 then return ... end return self:step(k - 1, ...) end
assert(object:step(1000000, 7) == 7)
local callable = setmetatable({}, {__call = function(self, k) if k == 0 then return "end" end return self(k - 1) end})
assert(callable(1000000) == "end")
assert(coroutine.wrap(function() return ping(1000000) end)() == "done")
local function through(k) if k == 0 then return "out" end return select(2, k, through(0)) end
assert(through(10) == "out")
