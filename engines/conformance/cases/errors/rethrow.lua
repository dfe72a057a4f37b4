-- An error that is caught and raised again keeps its value and its first position.
local function thrower() error("original") end
local function rethrower()
  local ok, e = pcall(thrower)
  error(e, 0)
end
print(pcall(rethrower))
print(pcall(function()
  local ok, e = pcall(thrower)
  error(e)
end))
local t = {}
print(select(2, pcall(function() local _, e = pcall(error, t) error(e) end)) == t)
local function finally(f, cleanup)
  local results = table.pack(pcall(f))
  cleanup()
  if not results[1] then error(results[2], 0) end
  return table.unpack(results, 2, results.n)
end
print(pcall(finally, function() return 1, 2 end, function() io.write("cleanup ") end))
print(pcall(finally, function() error("x", 0) end, function() io.write("cleanup ") end))
