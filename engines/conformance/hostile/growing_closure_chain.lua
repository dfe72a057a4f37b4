-- limits: seconds=20 memory=100000000 slow=1 | ends: 1 not enough memory
local f = function() end
while true do
  local previous = f
  f = function() return previous end
end
