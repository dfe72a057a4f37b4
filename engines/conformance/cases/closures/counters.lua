-- Independent counters from one function.
local function counter(step)
  local n = 0
  return function() n = n + step return n end
end
local a, b = counter(1), counter(10)
for _ = 1, 100 do a() b() end
print(a(), b(), counter(0.5)())
