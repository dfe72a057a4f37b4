-- Keys far apart make no array: what counts is how much of it would be used.
local before = collectgarbage("count")
local t = {}
for i = 0, 50 do t[2^i] = i end
local count = 0
for key, value in pairs(t) do
  assert(key == 2^value)
  count = count + 1
end
print(count, t[1], t[2], t[4], t[1 << 50], t[3])
print(collectgarbage("count") - before < 100)

-- Even if some are next to each other.
t = {1, 2, 3, 4}
for i = 3, 30 do t[1 << i] = i end
print(t[#t] ~= nil, t[1 << 30], t[(1 << 30) - 1])
print(collectgarbage("count") - before < 100)

-- Every other one is not enough, more than that is.
t = {}
for i = 1, 200, 2 do t[i] = i end
for i = 2, 200, 4 do t[i] = i end
local sum = 0
for key, value in pairs(t) do sum = sum + value end
print(sum, t[199], t[198], t[200])
