-- Globals come through the metatable of _ENV.
local log = {}
local env = setmetatable({}, {
  __index = function(_, k) log[#log + 1] = "read " .. k return _G[k] end,
  __newindex = function(t, k, v) log[#log + 1] = "write " .. k rawset(t, k, v) end,
})
local chunk = load("value = 1 value = value + 1 print(value, tostring(undefined))", "=chunk", "t", env)
chunk()
print(table.concat(log, ", "))
setmetatable(_G, { __index = function(_, k) return "no " .. k end, __newindex = function(t, k, v) rawset(t, k, v) end })
print(something, another)
something = "defined"
print(something)
for i = 1, 30 do if i == 20 then late = i end end
print(late)
