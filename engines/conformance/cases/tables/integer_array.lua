-- An array of integers holds the extreme ones and turns general when it has to.
local t = {}
for i = 1, 16 do t[i] = i * i end
t[1], t[2] = math.maxinteger, math.mininteger
print(t[1], t[2], t[3], t[16], #t)
t[1] = t[1] + 1
print(t[1], t[1] == t[2])
t[17] = false
print(t[17], t[16], #t)
t[17] = nil
print(t[17], t[16], #t)
for i = 16, 1, -1 do t[i] = nil end
print(#t, next(t))
t[1] = "again"
print(#t, t[1])
