-- One array sees integers, then floats, then nil, then strings, then tables.
local t = {}
for i = 1, 10 do t[i] = i end
t[5] = 5.5
print(t[4], t[5], t[6], math.type(t[4]), math.type(t[5]))
t[3] = nil
print(t[3], t[4])
t[3] = "three"
t[7] = { "seven" }
t[8] = true
t[9] = print
t[2] = -0.0
for i = 1, 10 do io.write(i, ":", type(t[i]), " ") end
print(#t)
local sum = 0
for i = 1, #t do if type(t[i]) == "number" then sum = sum + t[i] end end
print(sum, t[2], t[3], t[7][1], t[9] == print)
