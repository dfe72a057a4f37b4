-- Recursion through metamethods and library functions ends in an error too.
local t = setmetatable({}, { __index = function(t, k) return t[k] end })
local ok, message = pcall(function() return t.a end)
print(ok, type(message))
local o = setmetatable({}, {})
getmetatable(o).__add = function(a, b) return a + b end
print((pcall(function() return o + 1 end)))
getmetatable(o).__tostring = function(x) return tostring(x) end
print((pcall(tostring, o)))
getmetatable(o).__call = function(self) return (self()) end
print((pcall(o)))
local function through_pcall(n) local ok, e = pcall(through_pcall, n + 1) if not ok then error(e, 0) end return e end
print((pcall(through_pcall, 1)))
local function sorter() table.sort({ 1, 2, 3 }, sorter) end
print((pcall(sorter)))
print("alive")
