-- limits: seconds=30 memory=200000000 | ends: 0
local function f() return 1 + f() end
for i = 1, 3 do
  setmetatable({}, {__gc = f})
  collectgarbage()
end
