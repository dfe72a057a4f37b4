-- limits: seconds=10 memory=100000000 | ends: 0
-- A __call that is itself called by __call.
local object = function(...) return select("#", ...) end
for i = 1, 5000 do object = setmetatable({}, {__call = object}) end
local ok, message = pcall(object)
assert(not ok or message == 5000, message)
