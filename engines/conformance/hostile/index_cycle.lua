-- limits: seconds=10 memory=100000000 | ends: 0
local a, b = {}, {}
setmetatable(a, {__index = b, __newindex = b})
setmetatable(b, {__index = a, __newindex = a})
local function fails(text, f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and message:find(text, 1, true), message)
end
for i = 1, 3 do
  fails("'__index' chain too long; possible loop", function() return a.x end)
  fails("'__index' chain too long; possible loop", function(k) return a[k] end, 1)
  fails("'__newindex' chain too long; possible loop", function() a.x = 1 end)
  fails("'__newindex' chain too long; possible loop", function(k) a[k] = 1 end, 1)
end
