-- title: Many Functions
-- probes: code size: hundreds of different functions, none of them hot alone; compile time, caches of code
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: change
-- test: n=150 result=62084 990161
-- bench: n=1500 result=2045 211359
-- large: n=13000 result=13955 292481

local function_count = 600

-- The text of one function of about twenty operations, different for each number.
local function source_of(number)
  local lines = { "return function(a, b, t)", "  local x, y = a + " .. number .. ", b" }
  for step = 1, 6 do
    local constant = (number * 31 + step * 17) % 97 + 2
    local kind = (number + step * step) % 5
    if kind == 0 then
      lines[#lines + 1] = "  x = (x * " .. constant .. " + y) % 65521"
    elseif kind == 1 then
      lines[#lines + 1] = "  if x % " .. constant .. " < y % 7 then y = y + 1 else x = x + y end"
    elseif kind == 2 then
      lines[#lines + 1] = "  t[" .. constant .. "] = (t[" .. constant .. "] + x) % 4093"
    elseif kind == 3 then
      lines[#lines + 1] = "  for i = 1, " .. constant % 4 + 1 .. " do y = (y + i * x) % 8191 end"
    else
      lines[#lines + 1] = "  y = y + t[" .. constant .. "] - " .. constant
    end
  end
  lines[#lines + 1] = "  return (x + y) % 1048573"
  lines[#lines + 1] = "end"
  return table.concat(lines, "\n")
end

local compile = loadstring or load

local function make_functions()
  local functions = {}
  for number = 1, function_count do
    functions[number] = assert(compile(source_of(number), "=generated"))()
  end
  return functions
end

-- Compiled once, when the workload is loaded: this is about running much code, not about the parser.
local functions = make_functions()

-- n rounds over all functions, in an order that changes with the round.
return function(n)
  local t, value = {}, 1
  for i = 1, 100 do
    t[i] = i
  end
  for round = 1, n do
    local place = round % function_count
    for call = 1, function_count do
      place = (place + 251) % function_count
      value = functions[place + 1](value, call, t)
    end
  end
  local sum = 0
  for i = 1, 100 do
    sum = (sum * 31 + t[i]) % 1000003
  end
  return string.format("%d %d", value, sum)
end
