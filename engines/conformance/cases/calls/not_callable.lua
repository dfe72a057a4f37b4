-- Calling something that is no function names it.
print(pcall(function() local x = 5 x() end))
print(pcall(function() undefined_function() end))
print(pcall(function() local t = {} t.field() end))
print(pcall(function() local t = {} t:method() end))
print(pcall(function() local t = {} t.a.b() end))
print(pcall(function() local t = {} t[1]() end))
print(pcall(function() local x = ("x")() end))
print(pcall(function() return (nil)()() end))
print(pcall(nil))
print(pcall(5, 6))
local up = true
print(pcall(function() up() end))
print(pcall(function() return (1)() end))
