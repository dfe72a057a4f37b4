-- What is not UTF-8 is found, and where.
local samples = { "", "abc", "h\u{e4}\u{df}\u{20ac}", "\xff", "\x80", "a\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xc3", "\xe2\x82",
                  "a\xc3b", "\xf0\x80\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "ab\x80c", "\xf8\x88\x80\x80\x80", "\xfe\xbf\xbf\xbf\xbf\xbf\xbf" }
for index, text in ipairs(samples) do
  print(index, utf8.len(text), utf8.len(text, 1, -1, true))
  print(pcall(utf8.codepoint, text, 1, -1))
  for _, lax in ipairs { false, true } do
    print(pcall(function() for p, c in utf8.codes(text, lax) do io.write(p, ":", c, " ") end end))
  end
end
