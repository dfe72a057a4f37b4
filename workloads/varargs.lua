-- title: Variable Arguments
-- probes: varargs, select, unpack, multiple results, protected calls and errors
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: calls
-- test: n=20000 result=2693703824
-- bench: n=200000 result=269280688270
-- large: n=1800000 result=21811004626583

local unpack = table.unpack or unpack

local function sum_of(...)
  local sum = 0
  for i = 1, select("#", ...) do
    sum = sum + (select(i, ...))
  end
  return sum
end

local function largest(first, ...)
  if select("#", ...) == 0 then return first end
  local rest = largest(...)
  return first > rest and first or rest
end

local function divide(a, b)
  local remainder = a % b
  return (a - remainder) / b, remainder
end

-- Passes on what it is given, through a tail call.
local function forward(f, ...)
  return f(...)
end

-- Fails for every fourth value, with a table or with a text.
local function check(value)
  if value % 8 == 3 then error({ code = value % 16 }) end
  if value % 8 == 7 then error("no luck", 0) end
  return value, value + 1
end

local function attempt(value)
  local ok, one, two = pcall(check, value)
  if ok then return one + two end
  if type(one) == "table" then return one.code end
  return #one
end

return function(n)
  local total, list = 0, {}
  for i = 1, n do
    local quotient, remainder = forward(divide, i * 37, i % 9 + 1)
    for k = 1, i % 6 + 1 do
      list[k] = k * remainder
    end
    total = total + sum_of(unpack(list, 1, i % 6 + 1)) + quotient
    total = total + largest(i % 13, remainder, 7, i % 5, (divide(i, 3)))
    total = total + forward(attempt, i)
  end
  return string.format("%d", total)
end
