-- math.floor, math.sqrt, math.abs and string.byte with arguments of all kinds, often enough to be compiled with their callers.
local floor, sqrt, abs, byte = math.floor, math.sqrt, math.abs, string.byte
local function floors(x) return floor(x) end
local function all(x) local a = math.floor(x) local b = math.abs(x) local c = math.sqrt(x) return a, b, c end
for i = 1, 300 do floors(i / 3) floors(i) all(i / 7) all(i) end
for _, x in ipairs { 0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.5, -2.5, 1e15, -1e15 - 0.5, 2^52 + 0.5, 2^53, -2^53, 2^62, -2^62, 2^63, -2^63,
	-2^63 - 2048, 1e300, -1e300, math.huge, -math.huge, math.maxinteger, math.mininteger, "10", "0x10", "1e1" } do
	print(x, floors(x), all(x))
end
print(floors(0 / 0) ~= floors(0 / 0))
for _, x in ipairs { {}, "x", true, print } do
	print(pcall(floors, x))
	print(select(2, pcall(all, x)))
end
print(pcall(floors))

local function bytes(s, i) local b = byte(s, i) return b end
local function method(s, i) local b = s:byte(i) return b end
for i = 1, 300 do bytes("abc", i % 3 + 1) method("abc", i % 3 + 1) end
for _, i in ipairs { 1, 3, 4, 0, -1, -3, -4, 2.0, "2", math.maxinteger, math.mininteger } do
	print(i, bytes("a\0\255", i), method("a\0\255", i))
end
print(bytes(1234, 2), (byte("", 1)), bytes("x"))
print(pcall(bytes, "abc", 1.5))
print(pcall(bytes, {}, 1))
print(pcall(method, {}, 1))
-- Another function in the same place.
local kept = string.byte
string.byte = function(s, i) return "own", i end
print(method("abc", 2))
string.byte = kept
local old = math.abs
math.abs = function(x) return "mine" end
print(all(-4))
math.abs = old
print(all(-4))
print(select("#", all(9)), (all(9)))
