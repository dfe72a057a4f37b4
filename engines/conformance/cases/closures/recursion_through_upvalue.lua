-- Functions that find themselves and each other through upvalues.
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(15))
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(100), odd(7), even(51))
local original = fib
local memo = {}
fib = function(n)
  if not memo[n] then memo[n] = original(n) end
  return memo[n]
end
print(fib(60 // 3))
local f = function() return f end
print(f())
