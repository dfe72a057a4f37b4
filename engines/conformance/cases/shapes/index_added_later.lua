-- __index is added to a metatable that is in use already.
local M = {}
local object = setmetatable({ own = 1 }, M)
local hits = 0
for i = 1, 60 do
  if i == 30 then M.__index = { extra = 1 } end
  hits = hits + (object.extra or 0) + object.own
end
print(hits)
local N = {}
local writes = 0
local target = setmetatable({}, N)
for i = 1, 10 do
  if i == 5 then N.__newindex = function(t, k, v) writes = writes + 1 rawset(t, k, -v) end end
  target["k" .. i] = i
end
print(writes, target.k4, target.k5, target.k10)
