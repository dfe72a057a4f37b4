-- A closure made before the variable's last assignment sees the assignment.
local x = 1
local function get() return x end
print(get())
x = 2
print(get())
do
  local x = "shadow"
  print(get(), x)
end
local function set(v) x = v end
for i = 1, 50 do
  if i == 25 then set("set in the loop") end
  if x ~= 2 and x ~= get() then print("stale") end
end
print(x, get())
local late
local function use() return late and late() or "not yet" end
print(use())
late = function() return "now" end
print(use())
