-- Functions that peel their varargs.
local function sum(first, ...)
  if first == nil then return 0 end
  return first + sum(...)
end
print(sum(1, 2, 3, 4, 5), sum(), sum(1.5))
local function reverse(first, ...)
  if select("#", ...) == 0 then return first end
  local function append(value, ...) return value, ... end
  local packed = table.pack(reverse(...))
  packed[packed.n + 1] = first
  return table.unpack(packed, 1, packed.n + 1)
end
print(reverse(1, 2, 3, 4))
local function curry(f, ...)
  local bound = table.pack(...)
  return function(...)
    local all = { table.unpack(bound, 1, bound.n) }
    for i = 1, select("#", ...) do all[bound.n + i] = (select(i, ...)) end
    return f(table.unpack(all, 1, bound.n + select("#", ...)))
  end
end
print(curry(math.max, 3, 9)(4, 12, 1))
