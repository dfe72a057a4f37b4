-- Tables are references: copies of the reference see each other's changes.
local a = { 1, 2 }
local b = a
b[3] = 3
print(#a, a == b, a == { 1, 2, 3 }, rawequal(a, b))
local function clear(t) for k in pairs(t) do t[k] = nil end end
clear(a)
print(#b, next(b))
local matrix, row = {}, { 0, 0 }
for i = 1, 3 do matrix[i] = row end
matrix[1][1] = 9
print(matrix[2][1], matrix[3][1])
