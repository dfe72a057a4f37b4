-- title: Changing Types
-- probes: type instability: one operation meets integers, floats, numeric strings, and nil
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: change
-- test: n=5000 result=2237500 20000 50000 4999
-- bench: n=45000 result=20137500 180000 450000 44999
-- large: n=400000 result=179000000 1600000 4000000 399999

-- Every operand of these two has been of another type before.
local function add(a, b) return a + b end
local function larger(a, b) if a < b then return b end return a end

-- A variable that is an integer, becomes a float, and goes back.
local function drift(steps)
  local x = 1
  for i = 1, steps do
    if i % 16 == 0 then
      x = x * 0.5
    elseif i % 16 == 8 then
      x = x - x % 1
    else
      x = x + i % 5
    end
  end
  return x
end

-- A sum over values of which some are missing, some are text and some are truth values.
local function sum_of_any(values, count)
  local sum, missing, words = 0, 0, 0
  for i = 1, count do
    local value = values[i]
    if value == nil then
      missing = missing + 1
    elseif value == true then
      sum = sum + 1
    elseif type(value) == "string" then
      words = words + #value
      sum = sum + tonumber(value)
    else
      sum = add(sum, value)
    end
  end
  return sum, missing, words
end

return function(n)
  local values, count = {}, 40
  local total, gaps, letters, highest = 0, 0, 0, 0
  for round = 1, n do
    for i = 1, count do
      local kind = (i * 7 + round) % 10
      if kind < 4 then
        values[i] = i
      elseif kind < 7 then
        values[i] = i * 0.25
      elseif kind == 7 then
        values[i] = i % 2 == 0 and "12" or "0.5"
      elseif kind == 8 then
        values[i] = true
      else
        values[i] = nil
      end
    end
    local sum, missing, words = sum_of_any(values, count)
    total, gaps, letters = add(total, sum), gaps + missing, letters + words
    highest = larger(highest, round % 2 == 0 and sum or round)
    total = total + drift(24)
  end
  return string.format("%.9g %d %d %.9g", total, gaps, letters, highest)
end
