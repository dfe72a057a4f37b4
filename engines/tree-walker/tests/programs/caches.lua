-- One access in the source, again and again, while everything that its cache relies on changes.
local function get(o) return o.f end
local function set(o, v) o.f = v end
local function call(o) return o:m() end
local function show(...) print(...) end

-- Own fields, absent fields, fields that become nil and come back.
local o = {}
show(get(o)) set(o, 1) show(get(o)) set(o, nil) show(get(o)) set(o, 2) show(get(o))
local p = {f = "own"}
for i = 1, 3 do show(get(p)) p.f = i == 1 and false or nil end

-- A metatable comes and goes on a table that the cache knows.
local fallback = {f = "fallback"}
local q = {}
for i = 1, 4 do
  show(get(q))
  if i == 1 then setmetatable(q, {__index = fallback}) elseif i == 2 then fallback.f = nil elseif i == 3 then fallback.f = "again" end
end
setmetatable(q, nil) show(get(q))

-- __index is replaced, removed, turned into a function.
local mt = {__index = {f = "first"}}
local r = setmetatable({}, mt)
show(get(r)) mt.__index = {f = "second"} show(get(r)) mt.__index = nil show(get(r))
mt.__index = function(_, k) return "function " .. k end show(get(r))
rawset(mt, "__index", {f = "by rawset"}) show(get(r))

-- A chain of three: fields appear at every link, nearer ones first in the way, and go again.
local a, b, c = {}, {}, {}
setmetatable(a, {__index = b}) setmetatable(b, {__index = c})
show(get(a)) c.f = "c" show(get(a)) b.f = "b" show(get(a)) a.f = "a" show(get(a))
a.f = nil show(get(a)) b.f = nil show(get(a)) c.f = nil show(get(a))
rawset(b, "f", "raw b") show(get(a)) b["f"] = nil c["f"] = "dynamic c" show(get(a))
setmetatable(b, nil) show(get(a)) setmetatable(b, {__index = {f = "other"}}) show(get(a))

-- Methods: replaced in the class, overridden in the object, inherited by another class.
local Base = {m = function() return "base" end} Base.__index = Base
local Derived = setmetatable({}, {__index = Base}) Derived.__index = Derived
local x, y = setmetatable({}, Base), setmetatable({}, Derived)
show(call(x), call(y))
Base.m = function() return "base 2" end show(call(x), call(y))
Derived.m = function() return "derived" end show(call(x), call(y))
y.m = function() return "object" end show(call(x), call(y))
y.m, Derived.m = nil, nil show(call(x), call(y))
show(pcall(call, {}), pcall(call, nil))

-- Stores: __newindex appears, is a table, is a function, goes.
local log = {}
local smt = {}
local s = setmetatable({}, smt)
local function fresh() return setmetatable({}, smt) end
set(fresh(), 1) set(s, 1)
smt.__newindex = log
set(fresh(), "to log") show(rawget(s, "f"), log.f) set(s, 2) show(s.f)
smt.__newindex = function(t, k, v) rawset(t, k, v .. "!") end
local u = fresh() set(u, "by function") show(u.f) set(u, "direct") show(u.f)
smt.__newindex = nil
local w = fresh() set(w, "plain") show(w.f) set(w, nil) smt.__newindex = log set(w, "nil again") show(rawget(w, "f"), log.f)

-- Many shapes through one access, more than a cache holds, then one again.
local kinds = {}
for i = 1, 8 do local t = {} for j = 1, i do t["k" .. j] = j end t.f = i kinds[i] = t end
local sum = 0
for round = 1, 50 do for i = 1, 8 do sum = sum + get(kinds[i]) set(kinds[i], get(kinds[i]) + 1) end end
show(sum, get(kinds[1]), get(kinds[8]))
for i = 1, 200 do set(kinds[3], i) end
show(get(kinds[3]))

-- Tables that turn into dictionaries, and keys that are added in different orders.
local d = {f = "before"}
for i = 1, 300 do d["key" .. i] = i if i % 100 == 0 then show(get(d)) set(d, i) end end
local m, n = {}, {}
m.g = 1 set(m, "m") set(n, "n") n.g = 2 show(get(m), get(n), m.g, n.g)

-- Global variables that are defined, changed and removed.
local function read_global() return LATE end
show(read_global()) LATE = 1 show(read_global()) _G.LATE = 2 show(read_global())
rawset(_G, "LATE", 3) show(read_global()) LATE = nil show(read_global())
for i = 1, 40 do _G["many" .. i] = i end
LATE = "end" show(read_global(), many1, many40)
setmetatable(_G, {__index = function(_, k) return "missing " .. k end}) LATE = nil show(read_global())
setmetatable(_G, nil) show(read_global())

-- Eight metatables and more from one shape.
local results = {}
for i = 1, 12 do
  local t = setmetatable({own = i}, {__index = {f = i * 10}, __newindex = i % 2 == 0 and function(t, k, v) rawset(t, k, v * 2) end or nil})
  results[i] = get(t) set(t, i) results[i] = results[i] + get(t)
end
show(table.concat(results, " "))

-- Receivers that are no tables.
local function len(v) return v:len() end
show(len("four"), len({len = function() return "table" end}), len("six..."))
show(pcall(len, 5), pcall(get, nil), pcall(set, true, 1), (get("x")))
