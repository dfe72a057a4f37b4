-- A second stack overflow, in the handler of the first, is an error in error handling.
local function loop(x, y, z) return 1 + loop(x, y, z) end
local calls = 0
print(xpcall(loop, function(message)
  calls = calls + 1
  print(message, pcall(loop))
  print(pcall(string.rep))
  print(select(2, coroutine.resume(coroutine.create(loop))))
  return 15
end))
print(calls)
-- After one that was caught, the next is found at the same depth and has its handler called.
print(pcall(loop))
calls = 0
print(xpcall(loop, function(message) calls = calls + 1 return loop() end))
print(calls, pcall(loop))
