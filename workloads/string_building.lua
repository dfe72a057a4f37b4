-- title: Building Strings
-- probes: concatenation, conversion of numbers, table.concat, strings as keys, garbage
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: text
-- test: n=40000 result=1009 words, 4000 lines, 462918 bytes, last word0
-- bench: n=500000 result=1009 words, 50000 lines, 6290982 bytes, last word0
-- large: n=5000000 result=1009 words, 500000 lines, 67882542 bytes, last word0

-- Makes n words, counts them by name, and joins them into lines of ten.
return function(n)
  local counts, names, line, line_count, length = {}, {}, {}, 0, 0
  for i = 1, n do
    local word = "word" .. (i * 31 % 1009)
    if counts[word] then
      counts[word] = counts[word] + 1
    else
      counts[word] = 1
      names[#names + 1] = word
    end
    line[#line + 1] = word .. "=" .. counts[word]
    if #line == 10 then
      local text = table.concat(line, ", ") .. ";"
      length = length + #text
      line_count = line_count + 1
      line = {}
    end
  end
  return string.format("%d words, %d lines, %d bytes, last %s", #names, line_count, length, names[#names])
end
