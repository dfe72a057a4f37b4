-- Arrays that start at 0 or at 2, and the length operator.
local z = {}
for i = 0, 10 do z[i] = i end
print(#z, z[0], z[10])
local two = {}
for i = 2, 10 do two[i] = i end
print(two[1], two[2], two[10])
two[1] = 1
print(#two)
local negative = {}
for i = -3, 3 do negative[i] = i end
print(#negative, negative[-3], negative[0])
