-- utf8.char, codepoint, len, offset and codes.
print(utf8.char(72, 228, 8364, 0x10FFFF), utf8.len("häß€"), utf8.codepoint("€", 1), utf8.offset("a€b", 3))
for p, c in utf8.codes("a€") do io.write(p, ":", c, " ") end
print(utf8.len("\xff"), #utf8.charpattern)
