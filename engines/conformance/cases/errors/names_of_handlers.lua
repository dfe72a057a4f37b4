-- How a traceback names the handler of an error: after the metamethod that an operation looked for, if it looked.
local function handler() return debug.traceback("", 1):match("\n\t([^\n]*)") end
local function try(f, ...) print(select(2, xpcall(f, handler, ...))) end
try(function(a) return 1 % a end, 0) try(function(a) return 1 // a end, 0) try(function(a) return a % 0 end, 1)
try(function(a) return a // 0 end, 1) try(function(a, b) return a // b end, 1, 0) try(function(a, b) return a % b end, 1, 0)
try(function(a) return 1 % a end, {}) try(function(a) return a // 0 end, {}) try(function(a, b) return a // b end, 1, nil)
try(function(a) return "1" % a end, 0) try(function(a) return "x" // a end, 1)
try(function(a) return 1 + a end, {}) try(function(a) return a < 1 end, {}) try(function(a) return a .. 1 end, {})
try(function(a) return -a end, {}) try(function(a) return #a end, 1) try(function(a) return a & 1 end, 1.5)
try(function(a) return a.x end, 1) try(function(a) a.x = 1 end, 1) try(function(a) a() end, 1) try(function(a) a:b() end, {})
try(function(a) local x <close> = a end, 1)
try(function(a) for _ in next, {}, nil, a do end end, 1)
try(function(a) for _ = 1, a do end end, {}) try(function(a) for _ = 1, 2, a do end end, 0) try(function(a) for _ in a do end end, 1)
try(function(a) local t = {} t[a] = 1 end) try(function(a) error(a) end, 1)
for _ = 1, 3 do
  try(function(a) local sum = 0 for i = 1, 200 do if i == 150 then sum = sum + i % a end end end, 0)
end
