-- Integer division by zero is an error, float division is not.
print(pcall(function() return 1 // 0 end))
print(pcall(function() return 1 % 0 end))
local zero = 0
print(pcall(function() return 1 // zero end))
print(pcall(function() return math.mininteger % zero end))
print(1 / 0, -1 / 0, 1 // 0.0, -1 // 0.0, 1 % math.huge, -1 % math.huge)
print(0 // 1, 5.0 // 0 > 0)
local nan = 5 % 0.0
print(nan ~= nan)
