-- Nested hot loops with rare exits in the middle.
local hits, early = 0, 0
for i = 1, 150 do
  for j = 1, 150 do
    if (i * j) % 97 == 0 then hits = hits + 1 end
    if i == j and i % 40 == 0 then early = early + j break end
  end
end
print(hits, early)
local function primes(n)
  local sieve, count = {}, 0
  for i = 2, n do sieve[i] = true end
  for i = 2, n do
    if sieve[i] then
      count = count + 1
      for j = i * i, n, i do sieve[j] = false end
    end
  end
  return count
end
print(primes(5000))
