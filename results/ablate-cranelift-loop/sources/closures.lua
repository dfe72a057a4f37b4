-- title: Closures
-- probes: creation of closures, shared and mutable upvalues, calls of function values
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: calls
-- test: n=20000 result=1010000 60000
-- bench: n=300000 result=15150000 900000
-- large: n=3000000 result=151500000 9000000

-- A counter whose two functions share one variable.
local function make_counter(step)
  local count = 0
  local function advance()
    count = count + step
    return count
  end
  local function current()
    return count
  end
  return advance, current
end

local function compose(outer, inner)
  return function(x)
    return outer(inner(x))
  end
end

local function adder(amount)
  return function(x)
    return x + amount
  end
end

local function fold(values, combine, start)
  local result = start
  for i = 1, #values do
    result = combine(result, values[i])
  end
  return result
end

return function(n)
  local advance, current = make_counter(3)
  local values = { 2, 3, 5, 7, 11 }
  local total = 0
  for i = 1, n do
    local shift = compose(adder(i % 8), adder(1))
    advance()
    total = fold(values, function(sum, value)
      return sum + shift(value)
    end, total)
  end
  return string.format("%d %d", total, current())
end
