-- Errors raised in metamethods come through the operation and can be caught around it.
local mt = setmetatable({}, { __index = function(_, event) return function() error(event .. " failed", 0) end end })
local events = {
  __add = function() error("add failed", 0) end, __index = function() error("index failed", 0) end,
  __newindex = function() error("newindex failed", 0) end, __call = function() error("call failed", 0) end,
  __lt = function() error("lt failed", 0) end, __concat = function() error("concat failed", 0) end,
  __len = function() error("len failed", 0) end, __eq = function() error("eq failed", 0) end,
}
local o, p = setmetatable({}, events), setmetatable({}, events)
print(pcall(function() return o + 1 end))
print(pcall(function() return o.x end))
print(pcall(function() o.x = 1 end))
print(pcall(function() return o(1) end))
print(pcall(function() return o < p end))
print(pcall(function() return "s" .. o end))
print(pcall(function() return #o end))
print(pcall(function() return o == p end))
print(pcall(function() for _ in o do end end))
print(pcall(table.sort, { o, p }))
print(getmetatable(setmetatable({}, mt)) == mt)
