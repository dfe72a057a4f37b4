-- Every length of sequence, up to the six bytes that Lua allows, at its limits.
for _, code in ipairs { 0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 0x110000, 0x1FFFFF, 0x200000, 0x3FFFFFF, 0x4000000, 0x7FFFFFFF } do
  local text = utf8.char(code)
  print(("%X"):format(code), #text, text:byte(1, -1))
  print(pcall(utf8.codepoint, text))
  print(utf8.codepoint(text, 1, 1, true) == code, utf8.len(text), utf8.len(text, 1, -1, true))
end
print(utf8.char(), utf8.char(72, 228, 8364, 128512), #utf8.char(0, 0x7FFFFFFF))
for _, code in ipairs { -1, 0x80000000, 1.5, "x" } do print(code, pcall(utf8.char, 65, code)) end
