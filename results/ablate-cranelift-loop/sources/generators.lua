-- title: Generators
-- probes: creation of coroutines, resume and yield, a pipeline of coroutines, yields out of recursion
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: calls
-- test: n=700 result=840000 22400
-- bench: n=7000 result=8400000 224000
-- large: n=60000 result=72000000 1920000

-- Numbers from 1 to `last`, one at a time.
local function count_to(last)
  return coroutine.wrap(function()
    for i = 1, last do
      coroutine.yield(i)
    end
  end)
end

-- Of what `source` gives, whatever no `divisor` divides.
local function without_multiples(source, divisor)
  return coroutine.wrap(function()
    for value in source do
      if value % divisor ~= 0 then coroutine.yield(value) end
    end
  end)
end

-- Sums of every `width` neighbours.
local function sums_of(source, width)
  return coroutine.wrap(function()
    local sum, count = 0, 0
    for value in source do
      sum, count = sum + value, count + 1
      if count == width then
        coroutine.yield(sum)
        sum, count = 0, 0
      end
    end
  end)
end

-- All subsets of 1..size, as sums, made by a recursion that yields at its leaves.
local function subset_sums(size)
  local function choose(next, sum)
    if next > size then
      coroutine.yield(sum)
    else
      choose(next + 1, sum)
      choose(next + 1, sum + next)
    end
  end
  return coroutine.create(function()
    choose(1, 0)
    return nil
  end)
end

-- n rounds: a pipeline of four coroutines, and one that recurses; all of them live for one round.
return function(n)
  local total, resumes = 0, 0
  for round = 1, n do
    local source = without_multiples(without_multiples(count_to(60 + round % 7), 3), 5)
    for sum in sums_of(source, 4) do
      total = total + sum
    end
    local subsets = subset_sums(5)
    while true do
      local ok, sum = coroutine.resume(subsets)
      if not sum then break end
      total, resumes = total + sum, resumes + 1
    end
  end
  return string.format("%d %d", total, resumes)
end
