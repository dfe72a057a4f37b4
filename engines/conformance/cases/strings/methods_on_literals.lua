-- Strings have the string library as their __index.
print(("abc"):upper(), ("%d"):rep(2), ("x").len("four"), #("abc"):sub(2))
local s = "hello"
print(s:len(), s:byte(1), s:sub(2, 3):upper(), s.len == string.len, s.nothing)
print(getmetatable("").__index == string, getmetatable("").__name)
print(pcall(function() return s:nothing() end))
print(pcall(function() return s.x.y end))
print(pcall(function() s.x = 1 end))
function string.shout(self) return self:upper() .. "!" end
print(s:shout(), ("ok"):shout())
