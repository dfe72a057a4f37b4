-- Debug hooks and locals: in functions that run already, at every kind of statement, and over every kind of return.
-- lines in the running function, and balance of calls and returns
local out = {}
local function log(e, l) local i = debug.getinfo(2, "nSl") out[#out + 1] = e .. ":" .. tostring(l or i.currentline) .. ":" .. tostring(i.name) end
local function show() debug.sethook() print(table.concat(out, " ")) out = {} end
debug.sethook(log, "l")
local x = 1
x = x + 1 x = x + 2
if x > 2 then
  x = 0
end
while x < 2 do
  x = x + 1
end
for i = 1, 2 do x = i end
repeat
  x = x - 1
until x < 0
for k in pairs({1}) do
  x = k
end
show()
local function start() debug.sethook(log, "cr") end
local function start2() return debug.sethook(log, "cr") end
local function start3() debug.sethook(log, "cr") return 1 end
local function start4() debug.sethook(log, "cr") return 1, 2 end
start() show() start2() show() start3() show() start4() show()
local function f(a, ...) local c <close> = setmetatable({}, {__close = function() end}) return a, ... end
local function g(a) return f(a, 1) end
debug.sethook(log, "cr") g(1) pcall(g, 2) show()
debug.sethook(log, "crl")
local co = coroutine.wrap(function() local z = 1 coroutine.yield(2) end)
co()
show()
co()
-- count
local n = 0
debug.sethook(function() n = n + 1 end, "", 1)
for i = 1, 100 do end
debug.sethook()
print(n > 50)
-- ntransfer
local function r(a, b) return a + b, a end
local res = {}
debug.sethook(function(e) local i = debug.getinfo(2, "r") if i.ntransfer > 0 then for k = i.ftransfer, i.ftransfer + i.ntransfer - 1 do res[#res + 1] = tostring(select(2, debug.getlocal(2, k))) end end res[#res + 1] = e end, "cr")
r(1, 2)
math.max(5, 6)
debug.sethook()
print(table.concat(res, " "))
-- errors in hooks
print(pcall(function() debug.sethook(function() debug.sethook() error("in hook", 0) end, "l")
  local a = 1 end)) debug.sethook()
debug.sethook()
print(debug.gethook())
-- deep stacks and set locals
local function inner() return debug.setlocal(2, 1, "new"), debug.getlocal(2, 2), debug.getlocal(2, 3) end
local function outer(p) local q, r = 5, 6 inner() return p, q, r end
print(outer("old"))
print((function(...) local t = {} for i = -1, -3, -1 do t[#t + 1] = tostring(select(2, debug.getlocal(1, i))) end return table.concat(t, ",") end)(1, nil, 3))
for i = 1, 1 do local a = 1 for j = 1, 12 do local n, v = debug.getlocal(1, j) io.write(tostring(n), " ") end print() end
for k in pairs({1}) do local names = {} for j = 1, 40 do local n, v = debug.getlocal(1, j) if n == "names" or not n then break end names[#names+1] = n end print(#names) end
