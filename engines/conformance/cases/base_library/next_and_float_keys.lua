-- `next` takes keys as they are in the table: a float with an integral value is none.
local t = { 10, 20, 30, x = 1, [2^53] = 2 }
print(next(t, 1), next(t, 2))
for _, key in ipairs { 1.0, 2.0, 2^53, -0.0, 0/0, 4, 1.5 } do print(pcall(next, t, key)) end
print(t[2.0], t[2^53])
