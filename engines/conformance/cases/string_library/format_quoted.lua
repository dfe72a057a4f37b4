-- %q writes a literal that reads back as the same value.
for _, v in ipairs { 1, -1, 1/0, -1/0, math.mininteger, "plain", "q\"uote", "back\\slash", "new\nline", "z\0ero", "\0001", "tab\t", "\r", true, false } do
  local text = string.format("%q", v)
  print(text)
  assert(load("return " .. text)() == v)
end
print(string.format("%q", nil), string.format("%q", 0/0))
print(pcall(string.format, "%q", {}))
print(pcall(string.format, "%5q", "x"))
