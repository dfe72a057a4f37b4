-- limits: seconds=60 memory=50000000 | ends: 0
local count = 0
for i = 1, 1000000 do
  local co = coroutine.wrap(function(a) count = count + coroutine.yield(a) end)
  co(i)
  co(1)
end
assert(count == 1000000)
-- And some that never end.
for i = 1, 100000 do coroutine.wrap(function() coroutine.yield() end)() end
