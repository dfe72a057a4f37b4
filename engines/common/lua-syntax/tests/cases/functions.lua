-- Names, parameters and lines of functions.
function plain(a, b) end
function a.b.c(...) end
function a.b:method(x) return self, x end
local function recursive() return recursive end
local value = function(a, ...) return ... end
local t = { field = function() end }
t.x, t["y z"], t[1] = function() end, function() end, function() end
local M = {}
function M.inner() end
M.deep.er = function() end
return function() end, call(function()
end)
