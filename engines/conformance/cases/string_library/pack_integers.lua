-- Integers of every size, in both byte orders, there and back.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for size = 1, 16 do
  local most = size < 8 and (1 << (8 * size - 1)) - 1 or math.maxinteger
  for _, value in ipairs { 0, 1, -1, 100, -128, most, -most - 1 } do
    local ok, little = pcall(string.pack, "<i" .. size, value)
    if ok then
      local big = string.pack(">i" .. size, value)
      assert(big == little:reverse() and string.unpack("<i" .. size, little) == value and string.unpack(">i" .. size, big) == value)
      io.write(hex(big), " ")
    else
      io.write("(", little, ") ")
    end
  end
  print()
end
for _, option in ipairs { "b", "B", "h", "H", "i", "I", "l", "L", "j", "J", "T", "f", "d", "n" } do io.write(option, "=", string.packsize(option), " ") end
print()
print(string.unpack("<I1 <I2 <I4 <I8", "\255\255\255\255\255\255\255\255\255\255\255\255\255\255\255"))
print(string.unpack("<i1 <i3 >i3", "\128\0\0\128\128\0\0"), string.unpack("<I9", "\1\2\3\4\5\6\7\8\0"))
for _, call in ipairs { { "i1", 128 }, { "i1", -129 }, { "I1", 256 }, { "I1", -1 }, { "i7", 1 << 55 }, { "I7", 1 << 56 }, { "i8", 1.5 }, { "i0", 1 }, { "i17", 1 }, { "i", "x" }, { "i" } } do
  print(call[1], call[2], pcall(string.pack, call[1], call[2]))
end
for _, data in ipairs { "\1\2\3\4\5\6\7\8\1", "\255\255\255\255\255\255\255\255\255", "\255\255\255\255\255\255\255\127\255" } do
  print(pcall(string.unpack, "<i9", data))
  print(pcall(string.unpack, "<I9", data))
end
