-- The table library on arrays of integers, of floats and of mixed values.
local function kinds() return { 5, 3, 8, 1 }, { 2.5, 0.5, 9.25, -1.5 }, { 4, 0.5, 7, 2.25 } end
for i = 1, 3 do
  local t = ({ kinds() })[i]
  table.insert(t, 6)
  table.insert(t, 1, 7.5)
  table.insert(t, 3, i)
  print(table.concat(t, " "), table.remove(t), table.remove(t, 1), table.remove(t, 2), #t)
  table.sort(t)
  print(table.concat(t, " "), table.unpack(t, 1, 2))
  table.sort(t, function(a, b) return a > b end)
  table.move(t, 1, #t, 3)
  print(table.concat(t, " "), select("#", table.unpack(t)))
  table.insert(t, "text")
  print(table.concat(t, " "))
end
while true do
  local t = kinds()
  while #t > 0 do table.remove(t, 1) end
  print(#t, next(t))
  break
end
