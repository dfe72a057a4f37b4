-- A protected call that catches an error returns, and so does a resume: call and return events stay in balance.
local depth = 0
local function count(event)
  if event == "call" then depth = depth + 1 elseif event == "return" then depth = depth - 1 end
end
local function balance(name, f, ...)
  depth = 0
  debug.sethook(count, "cr")
  for _ = 1, 10 do f(...) end
  debug.sethook()
  print(name, depth)
end
balance("pcall", pcall, error, "x")
balance("pcall of a Lua function", pcall, function() local x = nil; return x.y end)
balance("xpcall", xpcall, error, function(m) return m end, "x")
print(debug.setcstacklimit(100), pcall(debug.setcstacklimit))
print(collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("incremental"))
