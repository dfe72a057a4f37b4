-- title: Sorting
-- probes: loads and stores in arrays, unpredictable comparisons, table.sort and its calls back into Lua
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: arrays
-- test: n=15000 result=831167 21 999745
-- bench: n=110000 result=483614 17 999976
-- large: n=700000 result=237973 2 999996

local function insertion_sort(values, low, high)
  for i = low + 1, high do
    local value, place = values[i], i
    while place > low and values[place - 1] > value do
      values[place] = values[place - 1]
      place = place - 1
    end
    values[place] = value
  end
end

-- Quicksort by the middle element of three, insertion sort for short parts.
local function quicksort(values, low, high)
  while high - low > 12 do
    local middle = low + (high - low - (high - low) % 2) / 2
    local a, b, c = values[low], values[middle], values[high]
    local pivot = a < b and (b < c and b or a < c and c or a) or (a < c and a or b < c and c or b)
    local left, right = low, high
    repeat
      while values[left] < pivot do left = left + 1 end
      while pivot < values[right] do right = right - 1 end
      if left <= right then
        values[left], values[right] = values[right], values[left]
        left, right = left + 1, right - 1
      end
    until left > right
    if right - low < high - left then
      quicksort(values, low, right)
      low = left
    else
      quicksort(values, left, high)
      high = right
    end
  end
  insertion_sort(values, low, high)
end

local function checksum(values, count)
  local sum = 0
  for i = 1, count do
    sum = (sum * 31 + values[i]) % 1000003
  end
  return sum
end

-- The same n numbers, sorted by our own function, by the library's, and by the library's with an order of ours.
return function(n)
  local own, library, reverse, random = {}, {}, {}, 86028121
  for i = 1, n do
    random = random * 16807 % 2147483647
    own[i] = random % 1000000
    library[i] = own[i]
    reverse[i] = own[i]
  end
  quicksort(own, 1, n)
  table.sort(library)
  table.sort(reverse, function(a, b) return a > b end)
  for i = 1, n do
    assert(own[i] == library[i] and own[i] == reverse[n + 1 - i])
  end
  return string.format("%d %d %d", checksum(own, n), own[1], own[n])
end
