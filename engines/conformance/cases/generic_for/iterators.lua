-- Stateless and stateful iterators, extra values, and the three loop values.
local function countdown(state, n)
  if n > state then return n - 1, n * n end
end
for n, square in countdown, 0, 4 do io.write(n, ":", square, " ") end
print()

local function words(...)
  local list, i = { ... }, 0
  return function()
    i = i + 1
    return list[i], i
  end
end
for word, position in words("alpha", "beta", "gamma") do io.write(position, "=", word, " ") end
print()
for a, b, c, d in function(_, k) if k < 2 then return k + 1, "b" end end, nil, 0 do print(a, b, c, d) end
for k in next, {} do print("never", k) end
