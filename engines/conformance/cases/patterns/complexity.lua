-- A match may be tried 200 levels deep and no deeper, and every way to nest counts.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local x = ("x"):rep(300)
for _, depth in ipairs { 198, 199, 200, 201 } do
  print(depth, pcall(string.find, x, ("x?"):rep(depth)))
end
print(pcall(string.find, x, ("x?"):rep(199) .. "(x)"))
print(try(string.find, x, ("x*"):rep(199)), try(string.find, x, ("x*"):rep(200)))
print(try(string.find, x, ("x-"):rep(199)), try(string.find, x, ("x-"):rep(200)))
-- Items without choice do not nest.
print(try(string.find, ("x"):rep(10000), ("x"):rep(10000) .. ".?"))
print(try(string.find, ("ab"):rep(1000), ("%w[ab]"):rep(1000) .. "$"))
print(pcall(string.find, x, ("()"):rep(32)))
