-- title: Pancake Flips
-- probes: integer arrays, short unpredictable loops, swaps
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: arrays
-- test: n=7 result=16 18508
-- bench: n=9 result=30 1911505
-- large: n=10 result=38 22169434

-- Flips the first `stack[1]` pancakes of a copy until the smallest is on top; returns the number of flips.
local function count_flips(stack, copy, n)
  for i = 1, n do
    copy[i] = stack[i]
  end
  local flips = 0
  local top = copy[1]
  while top ~= 1 do
    local low, high = 1, top
    while low < high do
      copy[low], copy[high] = copy[high], copy[low]
      low, high = low + 1, high - 1
    end
    flips = flips + 1
    top = copy[1]
  end
  return flips
end

-- All orders of n pancakes, made by Heap's method: each differs from the one before by one swap.
return function(n)
  local stack, copy, counters = {}, {}, {}
  for i = 1, n do
    stack[i], copy[i], counters[i] = i, 0, 1
  end
  local most, total = 0, 0
  local level = 2
  while level <= n do
    if counters[level] < level then
      local other = level % 2 == 1 and 1 or counters[level]
      stack[other], stack[level] = stack[level], stack[other]
      local flips = count_flips(stack, copy, n)
      if flips > most then most = flips end
      total = total + flips
      counters[level] = counters[level] + 1
      level = 2
    else
      counters[level] = 1
      level = level + 1
    end
  end
  return string.format("%d %d", most, total)
end
