-- A specification is checked for its conversion: flags, two digits of width, two of precision, and the letter.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
for _, specification in ipairs { "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%5.3d", "%#d", "%123d", "%.123d", "%i", "%5i", "%u", "%+u",
                                 "%c", "%5c", "%05c", "%.1c", "%s", "%5s", "%-5s|", "%.1s", "%05s", "%+s", "%#s", "%x", "%#x", "%+x", "%o", "%#o", "%#.0o",
                                 "%q", "%5q", "%.1q", "%-q", "%a", "%F", "%D", "%y", "%l", "%ld", "%n", "%*d", "%5", "%-", "%.", "%", "%%", "%..5d", "%5.5.5d",
                                 "%-+ #0-+ #0-+ #0-+ #0d", "%00000000000000000000d", "%000000000000000000000d", "%99d", "%.99d" } do
  print(specification, pcall(string.format, specification, 65))
end
print(try(string.format, "%d"), try(string.format, "%d %d", 1), try(string.format, "%y"), try(string.format, "%"))
print(try(string.format, "%d", "x"), try(string.format, "%d", 1.5), try(string.format, "%d", "1.5"), try(string.format, "%c", {}))
print(string.format("%d %s %d", "10", 2.0, 3.0), string.format("no conversion"), string.format("100%%"), string.format("%s", nil))
print(try(string.format, "%5s", "a\0b"), #string.format("%s", "a\0b"), #string.format("%c", 0), try(string.format, "%.20s", "a\0b"))
print(#string.format("%s", ("x"):rep(200)), #string.format("%5s", ("x"):rep(200)), #string.format("%.5s", ("x"):rep(200)), #string.format("%99s", "x"))
