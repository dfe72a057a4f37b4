-- title: Index of Words
-- probes: hash tables with string and number keys: insertion, lookup, removal, traversal
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: objects
-- test: n=40000 result=7718 31891 2696 436251
-- bench: n=450000 result=88719 360870 2856 590900
-- large: n=3500000 result=689452 2810147 2764 497252

local syllables = { "ba", "do", "ki", "lu", "me", "na", "po", "ra", "si", "tu" }

local function make_words(count)
  local words = {}
  for i = 1, count do
    local rest, parts = i, {}
    repeat
      local digit = rest % #syllables
      parts[#parts + 1] = syllables[digit + 1]
      rest = (rest - digit) / #syllables
    until rest == 0
    words[i] = table.concat(parts)
  end
  return words
end

-- A text of n words; where each of them stands is noted, the oldest places are forgotten, and at the end all places
-- are summed up. The words are made anew for each call, their strings are shared.
return function(n)
  local words = make_words(2000)
  local places, owner, random = {}, {}, 104729
  local found, forgotten = 0, 0
  for place = 1, n do
    random = random * 16807 % 2147483647
    local word = words[random % #words + 1]
    local list = places[word]
    if list then
      found = found + 1
      list[#list + 1] = place
    else
      places[word] = { place }
    end
    -- Number keys that are far apart.
    owner[place * 7919] = word
    local old = (place - 500) * 7919
    local forgetful = owner[old]
    if forgetful then
      owner[old] = nil
      if places[forgetful] then
        places[forgetful] = nil
        forgotten = forgotten + 1
      end
    end
  end
  local sum, left = 0, 0
  for word, list in pairs(places) do
    left = left + #word
    for i = 1, #list do
      sum = sum + list[i] % 1009
    end
  end
  for key in pairs(owner) do
    sum = sum + key % 1013
  end
  return string.format("%d %d %d %d", found, forgotten, left, sum)
end
