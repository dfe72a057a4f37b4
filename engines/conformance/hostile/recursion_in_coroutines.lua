-- limits: seconds=30 memory=200000000 | ends: 0
local function resume() return coroutine.resume(coroutine.create(resume)) end
local function wrap() return (coroutine.wrap(wrap)()) end
local function close()
  local co = coroutine.create(function()
    local x <close> = setmetatable({}, {__close = close})
    coroutine.yield()
  end)
  coroutine.resume(co)
  local ok, message = coroutine.close(co)
  if not ok then error(message, 0) end
end
for i = 1, 3 do
  local results = table.pack(pcall(resume))
  assert(not results[results.n - 1] and results[results.n]:find("stack overflow", 1, true))
  local ok, message = pcall(wrap)
  assert(not ok and message:find("stack overflow", 1, true), message)
  ok, message = pcall(close)
  assert(ok or message:find("stack overflow", 1, true), message)
end
