-- What sort refuses.
print(pcall(table.sort, { 1, "x", 2 }))
print(pcall(table.sort, { {}, {} }))
print(pcall(table.sort, { 1, 2, nil, 4 }, 5))
print(pcall(table.sort, 5))
print(pcall(table.sort))
print(pcall(table.sort, { 3, 1, 2 }, function(a, b) if a == b then error("same", 0) end return a.x < b.x end))
local t = { 3, 1, 2 }
local ok = pcall(table.sort, t, function() error("stop", 0) end)
table.sort(t)
print(ok, table.concat(t, " "))
