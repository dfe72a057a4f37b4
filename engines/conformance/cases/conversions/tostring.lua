-- tostring of every type that has a fixed form.
print(tostring(nil), tostring(true), tostring(false), tostring(1), tostring(1.0), tostring("x"), tostring(-0.0))
print(tostring(1e15), tostring(1e100), tostring(2^63), tostring(math.mininteger), tostring(1/0), tostring(-1/0))
print(#tostring({}) > 7, tostring({}):sub(1, 7), tostring(print):sub(1, 9), tostring(function() end):sub(1, 9))
local t = {}
print(tostring(t) == tostring(t), tostring(t) == tostring({}))
print(pcall(tostring))
