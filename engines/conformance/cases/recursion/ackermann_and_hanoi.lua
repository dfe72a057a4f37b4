-- Classic recursive functions.
local function ack(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ack(m - 1, 1) end
  return ack(m - 1, ack(m, n - 1))
end
print(ack(2, 3), ack(1, 10), ack(2, 9))
local moves = 0
local function hanoi(n, a, b, c)
  if n == 0 then return end
  hanoi(n - 1, a, c, b)
  moves = moves + 1
  hanoi(n - 1, c, b, a)
end
hanoi(10, "a", "b", "c")
print(moves)
local function permutations(t, n)
  n = n or #t
  if n <= 1 then return table.concat(t) .. " " end
  local s = ""
  for i = 1, n do
    t[n], t[i] = t[i], t[n]
    s = s .. permutations(t, n - 1)
    t[n], t[i] = t[i], t[n]
  end
  return s
end
print(permutations { "a", "b", "c" })
