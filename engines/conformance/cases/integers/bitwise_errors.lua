-- Values without an integer representation are refused, with the reason.
local function try(f, ...) print(select(2, pcall(f, ...))) end
try(function(a, b) return a & b end, 1.5, 1)
try(function(a, b) return a | b end, 1, 2^63)
try(function(a, b) return a ~ b end, 0/0, 1)
try(function(a, b) return a << b end, 1, 1/0)
try(function(a) return ~a end, -1.5)
try(function(a, b) return a & b end, {}, 1)
try(function(a, b) return a | b end, 1, nil)
try(function(a, b) return a >> b end, "x", 1)
try(function(a, b) return a & b end, "1.5", 1)
try(function() local t = {x = 1.5} return t.x & 1 end)
