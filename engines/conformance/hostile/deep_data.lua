-- limits: seconds=30 memory=500000000 | ends: 0
-- What the collector follows may be deep.
local t, f, co = {}, print, nil
for i = 1, 300000 do
  t = {t}
  local inner = f
  f = function() return inner end
end
for i = 1, 3000 do
  local inner = co
  co = coroutine.create(function() coroutine.yield() return inner end)
  coroutine.resume(co)
end
collectgarbage()
collectgarbage()
