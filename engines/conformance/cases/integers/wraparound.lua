-- Integer arithmetic wraps around at 64 bits; it never becomes a float.
local min, max = math.mininteger, math.maxinteger
print(max + 1 == min, min - 1 == max, -min == min)
print(max + 1, min - 1, -min)
print(max * 2, min * -1, max * max, min * min)
print(math.type(max + 1), math.type(max * 3))

local sum = max - 2
for i = 1, 5 do
  sum = sum + 1
  print(i, sum)
end

local product = 1
for _ = 1, 70 do product = product * 3 end
print(product)
