-- An error deep in a hot loop leaves the variables as they were.
local t = {}
for i = 1, 3000 do t[i] = i end
t[2500] = false
local i, sum = 0, 0
local ok, message = pcall(function()
  while true do
    i = i + 1
    sum = sum + t[i]
  end
end)
print(ok, message, i, sum)
