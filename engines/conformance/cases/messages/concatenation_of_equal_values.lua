-- Of several operands with the same bad value, a concatenation names the one that it met.
local a, b
local t = {}
local function shown(f, ...) print((select(2, pcall(f, ...)))) end
shown(function() return a .. ": " .. b end)
shown(function() return t.name .. ": " .. t.value end)
shown(function() local x, y, z; return x .. y .. z end)
shown(function() local x, y, z = "x"; return x .. y .. z end)
shown(function() local x, y, z = "x", nil, "z"; return x .. y .. z end)
shown(function() local x, y = t, t; return 1 .. x .. y end)
shown(function(p, q) return p .. q .. "end" end)
shown(function(p, q) return p .. "middle" .. q end)
shown(function() return t.a .. 1 .. nothing .. t.b end)
