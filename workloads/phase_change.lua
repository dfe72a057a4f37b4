-- title: Phases
-- probes: code that was hot changes its behaviour: another branch, another callee, another kind of table
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: change
-- test: n=1500 result=76938000
-- bench: n=15000 result=769380000
-- large: n=140000 result=7.18088e+09

local function keep(x) return x end
local function double(x) return x + x end
local function wrap(x) return x % 1024 end
local function mirror(x) return 1023 - x % 1024 end

-- One loop for all phases. What it does in a phase is decided by its arguments, not by its code.
local function work(values, count, change, limit)
  local sum = 0
  for i = 1, count do
    local value = values[i]
    if value > limit then
      sum = sum + change(value)
    else
      sum = sum - value
    end
  end
  return sum
end

local function make_array(count)
  local values = {}
  for i = 1, count do
    values[i] = i * 37 % 512
  end
  return values
end

-- The same values as floats that have a fraction.
local function make_halves(count)
  local values = {}
  for i = 1, count do
    values[i] = i * 37 % 512 + 0.5
  end
  return values
end

-- The same values behind an __index function.
local function make_proxy(values)
  return setmetatable({}, { __index = function(_, i) return values[i] end })
end

-- Eight phases of n calls each. A compiler that specialises at the first phase is wrong in all others.
return function(n)
  local count = 64
  local whole, halves = make_array(count), make_halves(count)
  local proxy = make_proxy(whole)
  local total = 0
  for phase = 1, 8 do
    local values = phase <= 4 and whole or phase <= 6 and halves or phase == 7 and proxy or whole
    local change = phase % 4 == 1 and keep or phase % 4 == 2 and double or phase % 4 == 3 and wrap or mirror
    local limit = phase % 2 == 1 and 100 or 400
    for call = 1, n do
      total = total + work(values, count, change, limit)
    end
  end
  return string.format("%.9g", total)
end
