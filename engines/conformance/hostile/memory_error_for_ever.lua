-- limits: seconds=40 memory=30000000 slow=1 | ends: 0
-- "not enough memory" is an error like others, and what it has freed can be used again.
for i = 1, 5 do
  local ok, message = pcall(function()
    local t = {}
    while true do t[#t + 1] = {} end
  end)
  assert(not ok and message == "not enough memory", message)
end
local t = {}
for i = 1, 100000 do t[i] = {} end
