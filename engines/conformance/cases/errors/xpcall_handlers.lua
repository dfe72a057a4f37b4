-- The handler of xpcall runs at the raise, before frames go, and its errors are handled by itself.
print(xpcall(error, function() error("x") end, "a"))
print(xpcall(error, error, "a"))
print(xpcall(error, function(m) return m .. "!", "dropped" end, "a"))
local calls = 0
print(xpcall(function() local x = nil + 1 end, function(m)
  calls = calls + 1
  if calls < 5 then error("again " .. calls, 0) end
  return m
end))
local function forever() return 1 + forever() end
print(xpcall(forever, function(m) return m:match("stack overflow") end))
print(pcall(xpcall))
print(pcall(xpcall, print))
print(pcall(xpcall, print, nil, 3))
print(select("#", xpcall(error, print)))
print(xpcall(function() return pcall(error, "in") end, function(m) return "H" .. m end))
print(xpcall(function() table.sort({ 3, 2, 1 }, function() error("sort", 0) end) end, function(m) return "H" .. m end))
print(xpcall(function() return xpcall(error, function(m) return "inner " .. m end, "e") end, function(m) return "outer " .. m end))
print(xpcall(function() xpcall(error, print, "e") error("after", 0) end, function(m) return "outer " .. m end))
print(xpcall(function() pcall(error, "e") error("after", 0) end, function(m) return "outer " .. m end))
print(xpcall(function() coroutine.wrap(error)("in coroutine", 0) end, function(m) return "H" .. m end))
print(xpcall(function() return coroutine.resume(coroutine.create(error), "own", 0) end, function(m) return "H" .. m end))
-- The frames still stand: the handler sees a local variable's owner in the traceback.
local function culprit() local x = {} ; return x.y.z end
print((select(2, xpcall(culprit, function(m) return (debug.traceback(m):gsub("\n%s*%[C%]: in %?", "")) end))))
print(xpcall(function(...) return select("#", ...), ... end, print, 1, nil, 3))
-- Thousands of errors through hot code.
local handled = 0
for i = 1, 3000 do
  local ok, m = xpcall(function(x) if x % 3 == 0 then error(x) end return x end, function(m) return m + 1 end, i)
  handled = handled + (ok and 0 or m)
end
print(handled)
