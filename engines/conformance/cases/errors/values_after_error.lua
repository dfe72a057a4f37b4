-- Variables assigned before an error keep their values; the interrupted assignment does not happen.
local a, t = "before", {}
local up = 0
print(pcall(function()
  up = up + 1
  a = "during"
  t.x = "written"
  t.y = nil + 1
end))
print(a, t.x, t.y, up)
local x = 1
pcall(function() x = error("no assignment") end)
print(x)
local list = { 1, 2, 3 }
pcall(function() list[1], list[2] = 10, (nil)() end)
print(list[1], list[2])
for i = 1, 3 do
  local ok = pcall(function() if i == 2 then error() end list[i] = "ok" end)
  io.write(tostring(ok), ":", tostring(list[i]), " ")
end
print()
