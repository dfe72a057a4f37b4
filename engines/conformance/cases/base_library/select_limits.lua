-- select from both ends and past them.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
for _, n in ipairs { 1, 2, 3, 4, 100, -1, -3, -4, 0, 1.0, "2", "#", "#x", math.maxinteger, math.mininteger } do
  print(n, pcall(select, n, "a", "b", "c"))
end
print(try(select), try(select, "x"), try(select, 1.5), try(select, {}), try(select, nil, 1))
print(select("#"), select("#", nil), select("#", nil, nil), (select(2, "a", "b", "c")))
