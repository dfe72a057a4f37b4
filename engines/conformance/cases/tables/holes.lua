-- Reading a hole gives nil; filling it closes it.
local t = { 1, 2, nil, 4 }
print(t[3], t[4])
t[3] = 3
print(#t, t[3])
local u = {}
u[1], u[2], u[4], u[8], u[100] = "a", "b", "d", "h", "z"
print(u[3], u[5], u[8], u[100], u[99])
local count = 0
for _ in pairs(u) do count = count + 1 end
print(count)
u[3] = "c"
print(u[1] .. u[2] .. u[3] .. u[4], u[5])
local v = { nil, nil, 3 }
print(v[1], v[2], v[3])
v[1], v[2] = 1, 2
print(#v)
