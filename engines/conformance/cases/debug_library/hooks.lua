-- debug.sethook: counts, calls and returns, lines, and a hook that ends a program that would never end.
local count = 0
debug.sethook(function(event) count = count + 1 end, "", 100)
for i = 1, 10000 do end
debug.sethook()
print(count > 50 and count < 1000, debug.gethook())
local events = {}
local function callee(x) return x + 1 end
local function caller(x) local y = callee(x) return callee(y) end
debug.sethook(function(event) events[#events + 1] = event .. ":" .. tostring(debug.getinfo(2, "n").name) end, "cr")
caller(1)
math.floor(1.5)
debug.sethook()
print(table.concat(events, " "))
print(pcall(function()
  debug.sethook(function() debug.sethook() error("stopped", 0) end, "", 1000)
  while true do end
end))
local function hook() end
debug.sethook(hook, "crl", 7)
local f, mask, n = debug.gethook()
debug.sethook()
print(f == hook, mask, n)
local lines = {}
local chunk = load("local a = 1\nlocal b = 2\n\nfor i = 1, 2 do\n  a = a + i\nend\nreturn a + b")
debug.sethook(function(_, line) lines[#lines + 1] = line end, "l")
chunk()
debug.sethook()
print(table.concat(lines, " ", 1, 8))
-- A hook belongs to one coroutine.
local seen = {}
local co = coroutine.create(function() coroutine.yield() return 1 end)
debug.sethook(co, function(event) seen[#seen + 1] = event end, "cr")
coroutine.resume(co)
math.abs(1)
coroutine.resume(co)
print(table.concat(seen, " "))
print(debug.gethook(), type(debug.gethook(co)))
