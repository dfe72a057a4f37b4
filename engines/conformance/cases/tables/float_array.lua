-- An array of floats keeps floats, also integral ones, and takes integers as integers.
local t = {}
for i = 1, 20 do t[i] = i / 2 end
print(t[1], t[2], t[20], math.type(t[2]))
t[4] = 7
print(t[4], math.type(t[4]), t[3], t[5])
local sum = 0
for i = 1, 20 do sum = sum + t[i] end
print(sum, math.type(sum))
t[10] = 0/0
t[11] = -0.0
print(t[10] ~= t[10], t[11], 1 / t[11], #t)
t[12] = "x"
print(t[12], t[13], t[11], #t)
