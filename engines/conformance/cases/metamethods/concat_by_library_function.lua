-- A metamethod of the library ends at once, and what follows it in the same concatenation fails.
local t = setmetatable({}, {__concat = type})
print(t .. 1, 1 .. t)
for _ = 1, 3 do
  print(pcall(function() return {} .. t .. 1 end))
end
print(select('#', pcall(function() return 'a' .. t .. 1 end)))
