-- Functions of the debug library that a function ends with look from that function's frame, which still stands.
local function value_of(index)
  return debug.getlocal(2, index)
end

local function change(index, value)
  return debug.setlocal(2, index, value)
end

local function f(n)
  local x, sum = 1, 0
  for i = 1, n do
    if i == n // 3 then print(change(2, 2.5)) end
    if i == n // 2 then print(change(2, "3")) end
    sum = sum + x
  end
  print(value_of(1))
  print(value_of(2))
  return sum
end
print(f(6))
print(f(3000))

local function here()
  return debug.getinfo(1, "l").currentline
end
print(here())

local function line_of_caller()
  return debug.getinfo(2, "l")
end
print(line_of_caller().currentline)
