-- Bitwise operators work on all 64 bits and convert floats with integral values, but no strings.
print(0xff & 0x0f, 0xf0 | 0x0f, 0xff ~ 0x0f, ~0, ~-1, ~math.maxinteger == math.mininteger)
print(1.0 & 3, 2^53 | 1, 3 ~ 1.0, ~2.0)
print(pcall(function() return "10" | 1 end))
print(pcall(function() return 1 << "2" end))
print(-1 & 0xffffffff, -1 >> 32, (1 << 63) | 1)
print(5 & 3 | 8 ~ 2, 1 | 2 ~ 3 & 4, ~5 & 7, 1 << 2 + 3, 2 ~ 3 == 1)
local bits = 0
for i = 0, 63, 2 do bits = bits | (1 << i) end
print(bits, ~bits, bits ~ ~bits)
