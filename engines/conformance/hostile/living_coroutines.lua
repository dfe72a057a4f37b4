-- limits: seconds=60 address-space=4194304 argument=100000 tree-walker:argument=10000 | ends: 0
-- Many coroutines alive at once: as many as the argument says.
local n = tonumber(arg[1])
local all = {}
for i = 1, n do
  all[i] = coroutine.create(function(a) while true do a = coroutine.yield(a + i) end end)
  assert(select(2, coroutine.resume(all[i], 1)) == i + 1)
end
for i = 1, n do assert(select(2, coroutine.resume(all[i], 2)) == i + 2) end
