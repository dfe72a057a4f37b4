-- A field holds an integer, then a float, then a string, then a table, then nothing.
local object = { v = 1 }
local values = { 2, 2.5, "3", { 4 }, false }
local seen = {}
for i = 1, 60 do
  if i % 10 == 0 then object.v = values[i // 10] end
  local v = object.v
  local name = math.type(v) or type(v)
  if name ~= seen[#seen] then seen[#seen + 1] = name end
end
print(table.concat(seen, " "), object.v)
