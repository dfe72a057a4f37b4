-- The length after removing at the end; appending continues there.
local t = { 1, 2, 3, 4, 5 }
t[#t] = nil
print(#t)
t[#t] = nil
t[#t] = nil
print(#t, t[2], t[3])
t[#t + 1] = "new"
print(#t, t[3])
while #t > 0 do t[#t] = nil end
print(#t, next(t))
for i = 1, 5 do t[i] = i end
print(#t)
for i = 1, 20 do t[#t + 1] = i end
for _ = 1, 10 do t[#t] = nil end
print(#t, t[#t])
