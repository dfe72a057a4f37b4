-- limits: seconds=10 memory=100000000 | ends: 0
-- Errors in finalisers are warnings, and those are off.
for i = 1, 20000 do
  setmetatable({}, {__gc = function() error("no") end})
end
collectgarbage()
