-- <close> variables in coroutines: closing, wrap, errors, and yields inside of __close.
local log = {}
local function closer(n) return setmetatable({n}, {__close = function(s, e) log[#log + 1] = n .. ":" .. tostring(e) end}) end
local function show(...) print(table.concat(log, " "), ...) log = {} end
-- coroutine close
local co = coroutine.create(function() local a <close> = closer("ca") local b <close> = closer("cb") coroutine.yield(1) end)
coroutine.resume(co) show(coroutine.close(co), coroutine.status(co))
local co = coroutine.create(function() local a <close> = closer("ca") local b <close> = setmetatable({}, {__close = function() error("oops", 0) end}) coroutine.yield(1) end)
coroutine.resume(co) show(coroutine.close(co)) show(coroutine.close(co))
local w = coroutine.wrap(function() local a <close> = closer("wa") error("werr", 0) end)
show(pcall(w))
local w = coroutine.wrap(function() local a <close> = setmetatable({}, {__close = function(_, e) coroutine.yield("in close", e) end}) coroutine.yield("body") return "ret" end)
print(w()) print(w()) print(w())
local w = coroutine.wrap(function() return pcall(function() local a <close> = setmetatable({}, {__close = function(_, e) print(coroutine.yield("in close", e)) end}) error("EE", 0) end) end)
print(w()) print(w("back"))
