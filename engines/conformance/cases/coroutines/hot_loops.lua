-- Coroutines whose bodies and drivers are hot loops: every engine has compiled code on both sides.
local function squares(n)
  return coroutine.wrap(function() for i = 1, n do coroutine.yield(i * i) end end)
end
local sum = 0
for square in squares(3000) do sum = sum + square end
print(sum)
local accumulate = coroutine.create(function(x)
  local total, count = 0, 0
  while x do
    total = total + x
    count = count + 1
    for j = 1, 20 do total = total + (j & count) end
    x = coroutine.yield(total, count)
  end
  return "done", total
end)
local ok, total, count
for i = 1, 2500 do ok, total, count = coroutine.resume(accumulate, i % 7 == 0 and i / 2 or i) end
print(ok, total, count)
print(coroutine.resume(accumulate))
print(coroutine.status(accumulate))
-- A recursive generator: frames of a compiled function stay while it waits.
local function walk(depth, label)
  if depth == 0 then coroutine.yield(label) return 1 end
  return walk(depth - 1, label * 2) + walk(depth - 1, label * 2 + 1)
end
local leaves, last = 0, nil
local walker = coroutine.wrap(function() return "leaves", walk(10, 1) end)
local first, second = walker()
while second == nil do leaves, last = leaves + 1, first; first, second = walker() end
print(first, second, leaves, last)
-- Errors inside, thousands of times.
local failures = 0
for i = 1, 2000 do
  local co = coroutine.create(function(a) local b = coroutine.yield(a) return a + b end)
  coroutine.resume(co, i)
  local fine, message = coroutine.resume(co, i % 3 == 0 and {} or 1)
  if not fine then failures = failures + 1 end
end
print(failures)
-- Producer and consumer pass garbage around.
local produce = coroutine.wrap(function()
  for i = 1, 3000 do coroutine.yield({ value = i, text = "item " .. i }) end
  return nil
end)
local bytes = 0
for item in produce do bytes = bytes + #item.text + item.value end
print(bytes)
