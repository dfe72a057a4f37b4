-- Integers and floats are compared by their mathematical values, not after rounding.
local p53, p63 = 2^53, 2^63
local i53 = 1 << 53
print(i53 == p53, i53 + 1 == p53, i53 + 1 > p53, i53 + 1 <= p53, p53 < i53 + 1, p53 >= i53 + 1)
print(math.maxinteger < p63, math.maxinteger == p63, math.maxinteger >= p63, p63 > math.maxinteger)
print(math.mininteger == -p63, math.mininteger <= -p63, math.mininteger < -p63, -p63 >= math.mininteger)
print(math.maxinteger + 0.0 == p63, math.maxinteger + 0.0 == math.maxinteger)
print(1 < 1.5, 2 < 1.5, -1 > -1.5, -2 > -1.5, 1 <= 1.0, 1 >= 1.0, 1 ~= 1.0)
local inf, nan = math.huge, 0/0
print(math.maxinteger < inf, math.mininteger > -inf, 1 < nan, 1 > nan, 1 <= nan, 1 >= nan, 1 == nan, 1 ~= nan)
print(inf > math.maxinteger, -inf < math.mininteger, nan < 1, nan > 1, nan <= 1, nan >= 1)
