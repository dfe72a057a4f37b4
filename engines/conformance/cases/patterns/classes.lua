-- Every class letter against every byte: how many match, the least and the greatest.
local function summary(pattern)
  local count, least, greatest = 0, nil, nil
  for byte = 0, 255 do
    if string.char(byte):find(pattern) then
      count, least, greatest = count + 1, least or byte, byte
    end
  end
  return pattern, count, least, greatest
end
for letter in ("acdglpsuwxzACDGLPSUWXZ"):gmatch(".") do print(summary("^%" .. letter .. "$")) end
-- Other letters and punctuation after % stand for themselves.
print(summary("%q"), summary("%."), summary("%%"), summary("%]"), summary("."))
print(("a.b"):find("%."), ("a%b"):find("%%"), ("[x]"):find("%[x%]"))
