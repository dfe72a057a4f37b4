-- limits: seconds=20 memory=100000000 slow=1 | ends: 1 lua: 
local all = {}
local metatable = {}
metatable.__gc = function()
  for i = 1, 100000 do all[#all + 1] = {i} end
  setmetatable({}, metatable)
end
setmetatable({}, metatable)
while true do local garbage = {} end
