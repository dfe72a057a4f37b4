-- The __index of a metatable is replaced by another table, by a function, and removed.
local M = { __index = { v = "first" } }
local object = setmetatable({}, M)
local seen = {}
for i = 1, 40 do
  if i == 11 then M.__index = { v = "second" } end
  if i == 21 then M.__index = function(_, k) return k .. "!" end end
  if i == 31 then M.__index = nil end
  local v = tostring(object.v)
  if v ~= seen[#seen] then seen[#seen + 1] = v end
end
print(table.concat(seen, " "))
