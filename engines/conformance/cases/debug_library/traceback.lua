-- debug.traceback of the running coroutine and of others. The host's own frame, which depends on the host, is cut.
local function show(...) print((debug.traceback(...):gsub("\n%s*%[C%]: in %?", ""))) end
show("message", 0)
show("message")
show()
show(12)
print(debug.traceback(nil) ~= nil, type(debug.traceback({})), debug.traceback(print) == print)
local function inner() show("from inner") return 1 end
local function outer() local x = inner() return x end
outer()
local tail = function() return inner() end
tail()
local co = coroutine.create(function() local function waits() coroutine.yield() end waits() end)
show(co)
coroutine.resume(co)
show(co)
show(co, "with level", 1)
show(co, nil, 5)
co = coroutine.create(function() local function fails() local x = 1 + {} end fails() end)
print(coroutine.resume(co))
show(co)
coroutine.resume(co)
co = coroutine.create(function() end)
coroutine.resume(co)
show(co)
co = coroutine.create(function()
  local other = coroutine.create(function(resumer) show(resumer, "of the resumer") end)
  print(coroutine.resume(other, (coroutine.running())))
end)
coroutine.resume(co)
local function deep(n) if n == 0 then return show("deep") end deep(n - 1) end
coroutine.wrap(deep)(40)
