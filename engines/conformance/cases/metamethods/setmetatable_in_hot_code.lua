-- setmetatable in hot code, under what it is compiled for and under everything else: other metatables, `__gc` that comes and goes,
-- protection, objects that are metatables, errors at the end of a function, and another function of that name.
local C = {} C.__index = C
local D = {} D.__index = D
local function new(a) return setmetatable({a = a, b = 1}, C) end
local function mk(t, m) local o = setmetatable(t, m) return o end
local s = 0
for i = 1, 300 do s = s + new(i).b end
for i = 1, 300 do assert(getmetatable(mk({x=i}, C)) == C) assert(getmetatable(mk({x=i}, D)) == D) end
print(s, getmetatable(new(1)) == C)
local log = {}
C.__gc = function(o) log[#log + 1] = o.a end
for i = 1, 50 do new(i) end
collectgarbage() collectgarbage()
print(#log)
C.__gc = nil
for i = 1, 50 do new(i) end
C.__metatable = "locked"
print(pcall(mk, new(2), D))
print(getmetatable(new(3)))
C.__metatable = nil
local o = new(5)
print(getmetatable(mk(o, D)) == D, getmetatable(mk(o, C)) == C, pcall(mk, o, 5), pcall(mk, 5, C))
for i = 1, 300 do new(i) end
collectgarbage()
for i = 1, 300 do assert(getmetatable(new(i)) == C and new(i).b == 1) end
local protos = {}
for i = 1, 40 do local P = mk({}, C) P.__index = P protos[i] = P local q = mk({}, P) assert(getmetatable(q) == P) assert(q.b == nil) end
C.b = 7
print(mk({}, protos[3]).b)
-- as a tail call that fails
local function bad(t) return setmetatable(t, 5) end
for i = 1, 200 do pcall(bad, {}) end
print(pcall(bad, {}))
print(select(2, xpcall(bad, function(m) return (debug.traceback(m, 1):gsub("%s+$", "")) end, {})))
local real = setmetatable
setmetatable = function(t, m) return real(t, m), "second" end
print(select("#", (function() return setmetatable({}, C) end)()))
print(new(1) ~= nil, select("#", new(1)))
