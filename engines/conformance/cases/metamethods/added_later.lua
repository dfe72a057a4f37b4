-- Metamethods that are added, replaced and removed while code uses them.
local mt = {}
local o = setmetatable({}, mt)
local function add(x) return x + 1 end
local seen = {}
for i = 1, 40 do
  if i == 11 then mt.__add = function() return "first" end end
  if i == 21 then mt.__add = function() return "second" end end
  if i == 31 then mt.__add = nil end
  local ok, v = pcall(add, o)
  v = ok and v or "error"
  if v ~= seen[#seen] then seen[#seen + 1] = v end
end
print(table.concat(seen, " "))
local eq = 0
local p, q = setmetatable({}, mt), setmetatable({}, mt)
for i = 1, 20 do
  if i == 10 then mt.__eq = function() return true end end
  if p == q then eq = eq + 1 end
end
print(eq)
for i = 1, 4 do
  if i == 3 then mt.__call = function(_, x) return "called " .. x end end
  print(pcall(p, i))
end
