-- Strings: with a length before them, ended by a zero, or of fixed size.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
print(hex(string.pack("z", "hi")), hex(string.pack("<s1", "hi")), hex(string.pack(">s2", "hi")), hex(string.pack("<s4", "")), #string.pack("s", "hi"))
print(hex(string.pack("c4", "hi")), hex(string.pack("c0", "")), hex(string.pack("zz", "", "a")), hex(string.pack("z", 12)))
print(string.unpack("z", "hi\0rest"), string.unpack("<s1", "\2hi"), string.unpack("c2", "hidden"), string.unpack("zz", "\0a\0"))
print(string.unpack("<s2 z c1", "\2\0hizero\0c"), string.unpack("s1 s1 s1", "\0\1a\2bb"))
for position = -4, 5 do print(position, pcall(string.unpack, "b", "abc", position)) end
for _, case in ipairs { { "s1", "\5ab" }, { "s8", ("\255"):rep(8) }, { "z", "abc" }, { "c4", "abc" }, { "i4", "abc" }, { "bbb", "ab" }, { "!4 b i4", "abcdefg" } } do
  print(case[1], pcall(string.unpack, case[1], case[2]))
end
print(try(string.pack, "s1", ("x"):rep(256)), try(string.pack, "z", "a\0b"), try(string.pack, "c2", "abc"), try(string.pack, "c", "abc"))
print(try(string.pack, "y", 1), try(string.pack, "s", {}), try(string.pack, "zz", "x"), try(string.packsize, "s"), try(string.packsize, "z"))
print(try(string.packsize, ("c200000000"):rep(11)), string.packsize(("c200000000"):rep(10)), try(string.unpack, "i4"))
print(string.pack(">d", 1.5) == "\63\248\0\0\0\0\0\0", string.pack("<f", -2) == "\0\0\0\192", string.unpack("<d", string.pack("<d", 0.1)) == 0.1)
print(string.unpack(">f", string.pack(">f", 1e300)), string.unpack("<n", string.pack("<n", -1/0)))
print(select("#", string.unpack(("b"):rep(3000), ("x"):rep(3000))))
