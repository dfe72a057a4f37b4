-- title: Edit Distance
-- probes: string.byte in a loop, rows of integers, minimum by branches
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: arrays
-- test: n=800 result=10517
-- bench: n=6500 result=85701
-- large: n=55000 result=726047

-- How many letters must be changed, put in or left out to make `b` of `a`.
local function distance(a, b, above, row)
  local width = #b
  for j = 0, width do
    above[j] = j
  end
  for i = 1, #a do
    local letter = a:byte(i)
    row[0] = i
    for j = 1, width do
      local best = above[j - 1]
      if letter ~= b:byte(j) then
        best = best + 1
        if above[j] + 1 < best then best = above[j] + 1 end
        if row[j - 1] + 1 < best then best = row[j - 1] + 1 end
      end
      row[j] = best
    end
    above, row = row, above
  end
  return above[width]
end

-- A word of 12 to 27 letters out of four.
local function make_word(random)
  local letters = {}
  for i = 1, 12 + random % 16 do
    random = random * 16807 % 2147483647
    letters[i] = string.char(97 + random % 4)
  end
  return table.concat(letters), random
end

-- n pairs of words.
return function(n)
  local above, row, total, random = {}, {}, 0, 15485863
  local first, second
  first, random = make_word(random)
  for i = 1, n do
    second, random = make_word(random)
    total = total + distance(first, second, above, row)
    first = second
  end
  return string.format("%d", total)
end
