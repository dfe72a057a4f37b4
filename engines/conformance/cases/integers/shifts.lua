-- Shifts are logical, take any count, and go the other way for negative counts.
for _, count in ipairs { 0, 1, 2, 31, 32, 62, 63, 64, 65, 1000, -1, -4, -63, -64, -65, math.maxinteger, math.mininteger } do
  print(count, 1 << count, -1 << count, 1 >> count, -1 >> count, 0x7fffffffffffffff >> count)
end
local x = 1
for _ = 1, 66 do x = x << 1 end
print(x)
x = -1
for _ = 1, 60 do x = x >> 1 end
print(x)
