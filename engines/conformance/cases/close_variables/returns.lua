-- Results survive the __close metamethods that run before a function returns; no tail calls in their scope.
local log = {}
local function closer(n) return setmetatable({n}, {__close = function(s, e) log[#log + 1] = n .. ":" .. tostring(e) end}) end
local function show(...) print(table.concat(log, " "), ...) log = {} end
-- return values survive
local function f(...)
  local a <close> = closer("f1")
  local b <close> = closer("f2")
  return ...
end
show(f()) show(f(1)) show(f(1, 2, 3)) show(f(table.unpack({}, 1, 20)))
local function g()
  local a <close> = setmetatable({}, {__close = function() collectgarbage() end})
  return {1}, "s" .. tostring(1)
end
print(g()[1], (select(2, g())))
local function g1() local a <close> = setmetatable({}, {__close = function() collectgarbage() end}) return "s" .. #tostring(g) > "" and {7} end
print(g1()[1])
-- captured
local function h()
  local a <close> = closer("h")
  return function() return a[1] end
end
show(h()())
-- nested functions and tail calls
local function t(n) local a <close> = closer("t" .. n) if n == 0 then return "end" end return t(n - 1) end
show(t(3))
-- vararg function
local function va(...) local a <close> = closer("va") local x, y = ... return select('#', ...), x, y end
show(va(1, 2, 3))
