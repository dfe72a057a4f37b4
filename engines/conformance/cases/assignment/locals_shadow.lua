-- A new local of the same name hides the old one, and its initial value still sees the old one.
local x = 1
local x = x + 1
local x = x * 10
print(x)
do
  local x = x .. "!"
  print(x)
end
print(x)
local function f(x, y) local x = y return x end
print(f(1, 2))
local function g(a) local a = a or "default" return a end
print(g(), g(false), g(0))
local repeat_value = 0
repeat
  local done = repeat_value >= 3
  repeat_value = repeat_value + 1
until done
print(repeat_value)
