-- Sets: ranges, classes inside, negation, and the places where ] and - mean themselves.
local function members(set)
  local found = {}
  for byte = 32, 126 do
    local c = string.char(byte)
    if c:find("^" .. set .. "$") then found[#found + 1] = c end
  end
  return set, table.concat(found)
end
for _, set in ipairs { "[a-f]", "[^a-z]", "[%a-z]", "[%d%p]", "[^%w%p ]", "[]]", "[^]]", "[]a]", "[a-]", "[-a]",
                       "[a%-z]", "[+--]", "[z-a]", "[a-a]", "[%]]", "[%^x]", "[x^]", "[a-c-e]", "[%%]", "[.]", "[$*]" } do
  print(members(set))
end
print(("a\0b"):find("[\0]"), ("\255"):find("[\128-\255]"), ("\127"):find("[\128-\255]"))
for _, set in ipairs { "[", "[a", "[]", "[^]", "[a-", "[a-%", "[%", "[%]", "x[" } do
  print(set, pcall(string.find, "xa]", set))
end
