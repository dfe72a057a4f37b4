-- Iterators that hold iterators; each loop keeps its own state.
local function each(list) local i = 0 return function() i = i + 1 return list[i] end end
local pairs_seen = {}
for a in each { "x", "y", "z" } do
  for b in each { 1, 2 } do
    for c in each { true } do pairs_seen[#pairs_seen + 1] = a .. b .. tostring(c) end
  end
end
print(table.concat(pairs_seen, " "))
