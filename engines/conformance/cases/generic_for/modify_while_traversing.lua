-- Assigning to existing fields and removing them during a traversal is allowed.
local t = {}
for i = 1, 20 do t["k" .. i] = i end
local visited = 0
for k, v in pairs(t) do
  visited = visited + v
  if v % 2 == 0 then t[k] = nil else t[k] = v * 10 end
end
print(visited)
local rest, sum = 0, 0
for _, v in pairs(t) do rest, sum = rest + 1, sum + v end
print(rest, sum)
for k in pairs(t) do t[k] = nil end
print(next(t))
local array = { 1, 2, 3, 4, 5 }
for i, v in ipairs(array) do
  if v == 2 then array[#array] = nil end
  io.write(i, " ")
end
print(#array)
