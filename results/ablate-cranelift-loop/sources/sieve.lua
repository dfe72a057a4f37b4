-- title: Sieve of Eratosthenes
-- probes: array of booleans: append, indexed store and load, strided loop
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: arrays
-- test: n=400000 result=33860
-- bench: n=3000000 result=216816
-- large: n=20000000 result=1270607

-- How many primes there are up to n.
return function(n)
  local is_prime = {}
  for i = 1, n do
    is_prime[i] = true
  end
  is_prime[1] = false

  local candidate = 2
  while candidate * candidate <= n do
    if is_prime[candidate] then
      for multiple = candidate * candidate, n, candidate do
        is_prime[multiple] = false
      end
    end
    candidate = candidate + 1
  end

  local count = 0
  for i = 1, n do
    if is_prime[i] then count = count + 1 end
  end
  return string.format("%d", count)
end
