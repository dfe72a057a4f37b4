-- limits: seconds=30 memory=200000000 | ends: 0
local function overflow() return 1 + overflow() end
for i = 1, 3 do
  -- A handler that overflows, too, ends in an error about that.
  local ok, message = xpcall(overflow, overflow)
  assert(not ok, message)
  ok, message = xpcall(error, function(m) error(m) end, "x")
  assert(not ok, message)
  local function nested() return xpcall(nested, function(m) return m end) end
  nested()
  ok, message = xpcall(overflow, debug.traceback)
  assert(not ok and message:find("stack overflow", 1, true), message)
  assert(#message < 10000)
end
