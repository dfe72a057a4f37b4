-- Reads past the end reach __index, appends reach __newindex, elements inside reach neither.
local reads, writes = 0, 0
local t = setmetatable({ 1, 2, 3 }, {
  __index = function(_, i) reads = reads + 1 return -i end,
  __newindex = function(t, i, v) writes = writes + 1 rawset(t, i, v) end,
})
local sum = 0
for i = 1, 5 do sum = sum + t[i] end
print(sum, reads, writes)
for i = 1, 6 do t[i] = i * 10 end
print(reads, writes, #t, t[6], t[7])
for i = 1, 50 do t[#t + 1] = i end
print(#t, writes, t[56], reads)
t[3] = nil
print(t[3], reads)
t[3] = "back"
print(t[3], writes)
