-- Strings in hot loops: comparison, lengths, keys, and numbers that become strings.
local counts = {}
local words = { "alpha", "beta", "gamma", "alpha", "delta", "beta", "alpha" }
for i = 1, 1400 do
  local w = words[i % #words + 1]
  counts[w] = (counts[w] or 0) + 1
end
print(counts.alpha, counts.beta, counts.gamma, counts.delta)
local less, total = 0, 0
for i = 1, 1000 do
  local s = "n" .. i % 100
  if s < "n50" then less = less + 1 end
  total = total + #s
end
print(less, total)
