-- title: Recursive Fibonacci
-- probes: calls, integer arithmetic
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: calls
-- test: n=27 result=196418
-- bench: n=33 result=3524578
-- large: n=38 result=39088169

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

return function(n)
  return string.format("%d", fib(n))
end
