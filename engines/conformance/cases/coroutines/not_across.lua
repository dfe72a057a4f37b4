-- Library functions that call back cannot be yielded across; the error is an ordinary one.
local function try(...) print(coroutine.wrap(pcall)(...)) end
try(table.sort, { 3, 2, 1 }, function() coroutine.yield() end)
try(string.gsub, "abc", "b", function() coroutine.yield() end)
try(load, function() coroutine.yield() end)
try(tostring, setmetatable({}, { __tostring = function() coroutine.yield() end }))
print(coroutine.wrap(function()
  local outcome = {}
  table.sort({ 2, 1 }, function(a, b) outcome[1] = coroutine.isyieldable() return a < b end)
  return outcome[1], coroutine.isyieldable()
end)())
-- A coroutine that is resumed inside such a function can yield.
local order = {}
table.sort({ 3, 1, 2 }, function(a, b)
  local co = coroutine.wrap(function() coroutine.yield(a) return b end)
  order[#order + 1] = co() ~= nil and co() ~= nil
  return a < b
end)
print(#order > 0, order[1])
print(pcall(coroutine.yield, 1))
