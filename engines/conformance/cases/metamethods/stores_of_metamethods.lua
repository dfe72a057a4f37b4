-- Keys that begin with two underscores, stored by places that see plain tables and metatables: no cache may hide a metamethod from
-- whoever relies on its absence, or keep one that has gone.
local function mk(i) return {__index = {v = i}, n = i} end
for i = 1, 300 do
  local m = mk(i)
  local o = setmetatable({}, m)
  assert(o.v == i)
  m.__index = {v = -i}
  assert(o.v == -i)
  m.__index = nil
  assert(o.v == nil)
  m.__newindex = function(t, k, v) rawset(t, k, v * 2) end
  o.a = 4 assert(o.a == 8)
  m.__newindex = nil
  o.b = 4 assert(o.b == 4)
  m.__len = function() return 77 end
  assert(#o == 77)
  m.__eq = function() return true end
  assert(o == setmetatable({}, m))
  m.__add = function(a, b) return "sum" end
  assert(o + 1 == "sum")
end
-- one place that adds the key to plain tables and to metatables in use
local function set(t, k, f) if k == 1 then t.__index = f elseif k == 2 then t.__len = f elseif k == 3 then t.__call = f else t.__newindex = f end end
for i = 1, 200 do
  for k = 1, 4 do
    local plain = {}
    set(plain, k, print)
    assert(next(plain))
    local m = {}
    local o = setmetatable({}, m)
    assert(o.x == nil and #o == 0 and not pcall(function() return o() end))
    o.y = 1
    if k == 1 then set(m, k, function(t, key) return key end) assert(o.x == "x")
    elseif k == 2 then set(m, k, function() return i end) assert(#o == i)
    elseif k == 3 then set(m, k, function(self, a) return a end) assert(o(i) == i)
    else set(m, k, function(t, key, v) rawset(t, key, -v) end) o.z = 3 assert(o.z == -3) end
  end
end
local sm = getmetatable("")
for i = 1, 100 do
  assert(("x"):rep(2) == "xx")
  sm.__add = function(a, b) return "added" end
  assert("a" + "b" == "added")
  sm.__add = nil
  local old = sm.__index
  sm.__index = function(s, k) return k .. i end
  assert(("x").foo == "foo" .. i)
  sm.__index = old
  assert(("x"):upper() == "X")
end
-- weak tables and finalizers by keys added late
local n = 0
for i = 1, 50 do local m = {} m.__gc = function() n = n + 1 end setmetatable({}, m) end
collectgarbage() collectgarbage()
print(n)
local w = setmetatable({}, {}) local wm = getmetatable(w) wm.__mode = "k" w[{}] = 1 collectgarbage() print(next(w))
