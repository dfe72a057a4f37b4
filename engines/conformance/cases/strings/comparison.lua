-- Strings compare byte by byte, shorter first, with zeros inside and bytes above 127.
local list = { "", "a", "aa", "ab", "b", "B", "a\0", "a\0b", "\0", "10", "9", "Z", "é", "~" }
table.sort(list)
for _, s in ipairs(list) do io.write("[", #s, ":", s:byte(1) or "", "]") end
print()
print("a" < "b", "a" < "aa", "" < "a", "a" < "a", "a" <= "a", "b" > "a", "Z" < "a", "10" < "9")
print("a\0b" < "a\0c", "a\0" > "a", "a\0b" == "a\0b", "a\0b" == "a\0c", "\xff" > "a", "\x80" > "\x7f")
local long = ("x"):rep(100)
print(long == ("x"):rep(100), long < long .. "y", long .. "a" < long .. "b", long .. "a" == long .. "b")
print(pcall(function() return "a" < 1 end))
print(pcall(function() return {} < "a" end))
