-- __index through several tables and then a function.
local calls = 0
local bottom = setmetatable({}, { __index = function(t, k) calls = calls + 1 return k .. "?" end })
local middle = setmetatable({ m = "middle" }, { __index = bottom })
local top = setmetatable({ t = "top" }, { __index = middle })
for _ = 1, 20 do assert(top.t == "top" and top.m == "middle" and top.x == "x?") end
print(top.t, top.m, top.x, calls, rawget(top, "m"))
bottom.x = "found in bottom"
print(top.x, calls)
middle.x = false
print(top.x, calls)
local loop = {}
setmetatable(loop, { __index = loop })
print(pcall(function() return loop.x end))
local a, b = {}, {}
setmetatable(a, { __index = b })
setmetatable(b, { __index = a })
print((pcall(function() return a.x end)))
print((pcall(function() setmetatable(a, { __newindex = b }) setmetatable(b, { __newindex = a }) a.x = 1 end)))
