-- Coroutines in coroutines: statuses, and an end to the nesting.
local function report(...) local names = {} for i, co in ipairs { ... } do names[i] = coroutine.status(co) end print(table.concat(names, " ")) end
local a, b, c
a = coroutine.create(function() coroutine.resume(b) report(a, b, c) coroutine.yield() end)
b = coroutine.create(function() coroutine.resume(c) report(a, b, c) coroutine.yield() end)
c = coroutine.create(function() report(a, b, c) print(coroutine.resume(a)) coroutine.yield() end)
coroutine.resume(a)
report(a, b, c)
print(coroutine.resume(a), coroutine.resume(b), coroutine.resume(c))
report(a, b, c)
local function nest(n)
  local ok, depth = coroutine.resume(coroutine.create(nest), n + 1)
  if ok then return depth end
  return n, depth
end
local depth, message = nest(0)
print(depth > 100, message)
local self = coroutine.wrap(function() return pcall(coroutine.resume, (coroutine.running())) end)
print(self())
local loop
loop = coroutine.wrap(function() return pcall(loop) end)
print(loop())
print(select(2, pcall(coroutine.create, 1)) ~= nil, select(2, pcall(coroutine.resume, 1)) ~= nil)
print(pcall(coroutine.wrap(function(...) return select("#", ...), coroutine.yield() end), nil, nil))
-- Deep Lua recursion inside a coroutine, and its overflow.
local function down(n) if n == 0 then return 0 end return 1 + down(n - 1) end
print(coroutine.wrap(down)(150000))
local function forever(n) return 1 + forever(n + 1) end
print(coroutine.wrap(function() local ok, m = pcall(forever, 1) return ok, m:match("stack overflow") end)())
print(select("#", coroutine.wrap(function() return coroutine.yield(table.unpack({}, 1, 200)) end)()))
