-- Alignment with ! and X, padding with x, and byte orders that change within a format.
local function hex(s) return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
for _, format in ipairs { "b i4", "!b i4", "!4 b i4", "!2 b i4", "!1 b i4", "!8 b d", "!4 b d b", "! b h i l", "!16 b i16", "!4 b Xi4 b", "!4 b Xi2 b", "!8 b Xd b",
                          "b x i2", "!4 xXi4 i4", "<i2 >i2 =i2", "!4 i2 >i4", "!4 b s2", "!2 b s4" } do
  local values, count = {}, 0
  for option in format:gsub("X%a%d*", ""):gsub("!%d*", ""):gmatch("[bhilds]") do
    count = count + 1
    values[count] = option == "s" and "abc" or count
  end
  local packed = string.pack(format, table.unpack(values, 1, count))
  print(format, hex(packed), select("#", string.unpack(format, packed)), pcall(string.packsize, format))
end
for _, format in ipairs { "X", "Xz", "Xc1", "X ", "X<", "XX", "!3 i3", "!3 b i2", "!4 i3", "!0", "!17", "Xi", "!4 b Xs4" } do
  print(format, pcall(string.packsize, format))
end
