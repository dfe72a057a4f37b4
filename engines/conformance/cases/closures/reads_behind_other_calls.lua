-- When a captured local variable is read: methods, loops, outer variables, metamethods, coroutines, assignments.
local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end print(table.concat(t, " ")) end
do local v = function(x) return "first", x end local function f() v = function(x) return "second", x end return 5 end show("callee", v(f())) end
do local v = {m=function(s, x) return "first", x end} local function f() v = {m=function(s,x) return "second", x end} return 5 end show("method", v:m(f())) end
do local v = 1 local function f() v = 10 return 5 end for i = v, f() do show("for", i) end end
do local v = 1 local function f() v = 10 return 2 end show("retpair", (function() return v, f() end)()) end
do local v = 1 local function g() local function f() v = 10 return 5 end return v + f() end show("upvalue", g()) end
do local v = 1 local function g() local function f() v = 10 return 5 end return v < f() end show("upvaluelt", g()) end
do local v = 1 local function g() local function f() v = 10 return 5 end return v .. f() end show("upvalueconcat", g()) end
do local v = 1 local function f() v = 10 return 5 end show("bit", v | f()) end
do local v = 1 local function f() v = 10 return 5 end show("two", v + f() + v) end
do local v = 1 local w = 2 local function f() v, w = 10, 20 return 5 end show("vw", v + w + f(), v) end
do local v = 1 local w = 2 local function f() v, w = 10, 20 return 5 end show("vw2", v + (w + f()), v) end
do local v = 1 local w = 2 local function f() v, w = 10, 20 return 5 end show("vw3", v * (w - f()), v) end
do local v = 1 show("inline", v + (function() v = 7 return 1 end)()) end
do local v = setmetatable({}, {__add = function(a, b) return "first" end}) local function f() v = 3 return 4 end show("meta", v + f()) end
do local v = 1 local mt = setmetatable({}, {__index = function() v = 10 return 5 end}) show("metaindex", v + mt.x) end
do local v = 1 local mt = setmetatable({}, {__index = function() v = 10 return 5 end}) show("metaindexlt", v < mt.x) end
do local v = 1 local mt = setmetatable({}, {__add = function() v = 10 return 5 end}) show("metaadd", v + (mt + 1)) end
do local v = 1 local co = coroutine.wrap(function() while true do v = v + 1 coroutine.yield(v) end end) show("co", v + co(), v + co()) end
do local v = 1 local function f() v = 10 return 5 end local t = {[v] = f()} show("ctor", t[1], t[10]) end
do local v = 1 local function f() v = 10 return 5 end local t = {v, x = f(), v} show("ctor2", t[1], t.x, t[2]) end
do local v = 1 local function f() v = 10 return 5 end local t = {x = v, y = f(), z = v} show("ctor3", t.x, t.y, t.z) end
do local v = 1 local function f() v = 10 return 5 end v = v + f() show("self", v) end
do local v = 1 local function f() v = 10 return 5 end v = f() + v show("self2", v) end
do local v = 3 local function f() v = 10 return 5 end show("k", v + 1 - f(), 2 ^ v) end
do local v, w = 3 local function f() v = 10 return 5 end v, w = f(), v show("swap", v, w) end
do local i = 1 local t = {} local function f() i = i + 1 return i end t[i], t[f()] = f(), i show("order", i, t[1], t[2], t[3]) end
do local v = "a" local function f() v = "b" return "c" end show("cc", v .. v .. f() .. v) end
do local v = 1 local function f() v = 10 return 5 end show("cmpchain", v < f() and v > 5) end
do local v = 1 local function f() v = 10 return 5 end show("retadd", (function() return v + f() end)()) end
do local v = 1 local f f = function() v = v + 1 return v end show("ff", f() + v, v + f(), v - f(), f() - v) end
do local v = { x = 1 } local o = v local function f() v = { x = 2 } return 9 end v.x, v = f(), { x = 3 } show("conflict", o.x, v.x) end
do local v = { x = 1 } local o = v local function f() v = { x = 2 } return 9 end (v).x = f() show("parenthesised", o.x, v.x) end
do local k = 1 local t = {} local function f() k = 2 return 9 end t[k], t[3], k = f(), 8, 7 show("key conflict", t[1], t[2], t[3], k) end
do local _ENV = { x = 1, show = show, set = setmetatable } local function f() _ENV = { x = 2, show = show } return 5 end x = f() show("environment", x) end
for i = 1, 300 do
  local v = i
  local function f() v = v + 1 return v end
  if v + f() ~= 2 * (i + 1) or v < f() or v ~= i + 2 then show("wrong", i, v) break end
end
