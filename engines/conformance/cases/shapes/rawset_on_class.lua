-- Methods that appear, change and go by rawset on the class are seen by instances.
local C = {}
C.__index = C
local object = setmetatable({}, C)
local function call(o) return o.f and o:f() or "none" end
local seen = {}
for i = 1, 50 do
  if i == 11 then rawset(C, "f", function() return "first" end) end
  if i == 21 then rawset(C, "f", function() return "second" end) end
  if i == 31 then rawset(C, "f", nil) end
  if i == 41 then rawset(object, "f", function() return "own" end) end
  local v = call(object)
  if v ~= seen[#seen] then seen[#seen + 1] = v end
end
print(table.concat(seen, " "))
local D = {}
local other = setmetatable({}, D)
local hits = 0
for i = 1, 30 do
  if i == 11 then rawset(D, "__index", function(_, k) return k end) end
  if i == 21 then rawset(D, "__index", nil) end
  if other.x then hits = hits + 1 end
end
print(hits)
local sums = 0
for i = 1, 20 do
  if i == 11 then rawset(D, "__add", function(_, n) return n end) end
  local ok, v = pcall(function() return other + i end)
  if ok then sums = sums + v end
end
print(sums)
