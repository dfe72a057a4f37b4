-- When a captured local variable is read: an operand, an object or a key when the operation is done, what is copied before.
local function show(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end print(table.concat(t, " ")) end
do local v = 1 local function f() v = 10 return 5 end show("add", v + f()) end
do local v = 1 local function f() v = 10 return 5 end show("addr", f() + v) end
do local v = 1 local function f() v = 10 return 5 end show("chain", v + v + f()) end
do local v = 1 local function f() v = 10 return 5 end show("chain2", v + (v + f())) end
do local v = 1 local function f() v = 10 return 5 end show("chain3", (v + 1) + f()) end
do local v = 1 local function f() v = 10 return 5 end show("mul", v * 2 + f() * v) end
do local v = 1 local function f() v = 10 return 5 end show("lt", v < f(), v) end
do local v = 1 local function f() v = 10 return 5 end show("gt", v > f(), v) end
do local v = 1 local function f() v = 10 return 5 end show("le", v <= f(), v) end
do local v = 1 local function f() v = 10 return 10 end show("eq", v == f(), v) end
do local v = 1 local function f() v = 10 return 10 end show("ne", v ~= f(), v) end
do local v = 1 local function f() v = 10 return 10 end local r if v == f() then r = "yes" else r = "no" end show("ifeq", r) end
do local v = 1 local function f() v = 10 return 5 end local r if v < f() then r = "yes" else r = "no" end show("iflt", r) end
do local v = 1 local function f() v = 10 return 5 end show("concat", v .. f()) end
do local v = 1 local function f() v = 10 return 5 end show("concat3", v .. f() .. v) end
do local v = 1 local function f() v = 10 return 5 end show("table", table.unpack{v, f(), v}) end
do local v = 1 local function f() v = 10 return 5 end show("args", v, f(), v) end
do local v = 1 local function f() v = 10 return 5 end local a, b = v, f() show("multi", a, b, v) end
do local v = 1 local function f() v = 10 return 5 end local a, b a, b = v, f() show("assign", a, b, v) end
do local v = {1} local function f() v = {2} return 1 end show("index", v[f()]) end
do local v = {1} local o = v local function f() v = {2} return 1 end v[f()] = 7 show("setindex", o[1], v[1]) end
do local v = {1} local o = v local function f() v = {2} return 9 end v[1] = f() show("setindex2", o[1], v[1]) end
do local v = {x=1} local o = v local function f() v = {x=2} return 9 end v.x = f() show("setfield", o.x, v.x) end
do local v = {x=1} local o = v local function f() v = {x=2} return 9 end v.x, v.y = f(), 3 show("setfield2", o.x, v.x, o.y, v.y) end
do local t = {1,2,3} local k = 1 local function f() k = 2 return 9 end t[k] = f() show("setkey", t[1], t[2]) end
do local t = {1,2,3} local k = 1 local function f() k = 2 return 9 end t[k], k = f(), 3 show("setkey2", t[1], t[2], t[3], k) end
do local v = 1 local function f() v = 10 return 5 end show("and", v and f(), v) end
do local v = false local function f() v = 10 return nil end show("or", v or f(), v) end
do local v = 1 local function f() v = 10 return 5 end show("paren", (v) + f()) end
do local v = 1 local function f() v = 10 return 5 end show("unm", -v + f()) end
do local v = {n=1} local function f() v = {n=10} return 5 end show("field", v.n + f()) end
do local v = 1 local function f() v = 10 return true end show("not", not v == f()) end
