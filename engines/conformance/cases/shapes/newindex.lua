-- __newindex as function and as table; it is called only while the field is absent.
local log = {}
local t = setmetatable({ present = 1 }, { __newindex = function(t, k, v)
  log[#log + 1] = k .. "=" .. tostring(v)
  rawset(t, k, v)
end })
for i = 1, 3 do t.x = i t.present = i end
t.x = nil
t.x = "again"
print(table.concat(log, " "), t.x, t.present)
local store = {}
local proxy = setmetatable({}, { __newindex = store, __index = store })
for i = 1, 10 do proxy["f" .. i % 3] = i end
print(rawget(proxy, "f1"), proxy.f0, proxy.f1, proxy.f2, store.f1)
local readonly = setmetatable({}, { __newindex = function(_, k) error("no field " .. k, 0) end })
print(pcall(function() readonly.a = 1 end))
