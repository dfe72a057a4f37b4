-- Integer keys far outside any array.
local t = {}
local keys = { 1, 2^31, 2^32, 2^32 + 1, -1, -2^31, 2^53, math.maxinteger, math.mininteger, 0, 1000000, 65536, 4294967295 }
for i, k in ipairs(keys) do t[k] = i end
for i, k in ipairs(keys) do assert(t[k] == i and t[math.tointeger(k)] == i) end
print(#t, t[1], t[4294967296], t[-2147483648], t[math.maxinteger], t[math.mininteger], t[2])
local count = 0
for _ in pairs(t) do count = count + 1 end
print(count)
for _, k in ipairs(keys) do t[k] = nil end
print(next(t))
for i = 1, 64 do t[1 << (i - 1)] = i end
print(t[1], t[2], t[4], t[1 << 40], t[math.mininteger], t[3])
