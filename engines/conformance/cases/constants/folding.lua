-- What can be computed at compile time gives what run time gives.
local one, two, zero = 1, 2, 0
print(1 + 2 == one + two, 7 // 2 == 7 // two, -7 % 3 == -(7) % 3, 2^10 == two^10, 1 << 62 == one << 62)
print(1/0 == one/zero, -1/0 == -one/zero, 0.0 == -0.0, 1/-0.0, 3 | 4, 3.0 | 4, ~5, - -5, not nil)
print(pcall(load("return 1//0")))
print(pcall(load("return 1%0")))
print(0x7fffffffffffffff + 1 == math.mininteger, -9223372036854775808 == math.mininteger)
print("a" .. "b" .. 1 .. 2.0, #"abc", -"2", 10 // 0.3, 5.5 // 1, 2^0.5 == math.sqrt(2))
local nan = 0/0
print(nan ~= nan, 0/0 ~= 0/0, -(0/0) ~= 0)
