-- limits: seconds=20 memory=100000000 | ends: 1 not enough memory
local t = {}
for i = 1, 100 do t[i] = ("x"):rep(10000000) end
print(#table.concat(t))
