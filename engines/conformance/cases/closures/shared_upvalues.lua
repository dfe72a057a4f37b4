-- Closures of one scope share its variables.
local function account(balance)
  return function(v) balance = balance + v end, function() return balance end, function() balance = nil end
end
local deposit, get, clear = account(100)
local deposit2, get2 = account(5)
for i = 1, 10 do deposit(i) deposit2(-i) end
print(get(), get2())
clear()
print(get(), get2())
print(pcall(deposit, 1))
