-- # counts bytes.
print(#"", #"a", #"a\0b", #"é", #"\u{10FFFF}", #("x"):rep(1000), -#"abc", #"ab" + 1, #"a" .. "b")
local s = ""
for i = 1, 100 do s = s .. "x" end
print(#s)
print(pcall(function() local n = 5 return #n end))
print(pcall(function() return #nil end))
