-- Errors end a coroutine and reach the resumer.
local co = coroutine.create(function() local x = nil; return x.y end)
print(coroutine.resume(co))
print(coroutine.status(co))
print(pcall(coroutine.wrap(function() error("in wrap", 0) end)))
print(coroutine.resume(coroutine.create(function() print(pcall(coroutine.yield)) return "after" end)))
print(pcall(coroutine.yield))
print(coroutine.close(coroutine.create(print)))
