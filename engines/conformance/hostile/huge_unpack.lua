-- limits: seconds=5 memory=100000000 | ends: 0
local function fails(...)
  local ok, message = pcall(table.unpack, {}, ...)
  assert(not ok and message:find("too many results to unpack", 1, true), message)
end
fails(1, 100000000)
fails(math.mininteger, math.maxinteger)
fails(0, math.maxinteger)
assert(not pcall(string.byte, ("x"):rep(2000000), 1, -1))
assert(not pcall(function() return select("#", table.unpack({}, 1, 999990)) end) or true)
