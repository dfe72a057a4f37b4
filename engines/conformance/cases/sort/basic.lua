-- Sorting numbers, strings and with comparators.
local function show(t) print(table.concat(t, " ")) end
local function sorted(t, f) table.sort(t, f) return t end
show(sorted { 5, 2, 8, 1, 9, 3 })
show(sorted { "banana", "apple", "Cherry", "10", "9", "" })
show(sorted({ 5, 2, 8, 1, 9, 3 }, function(a, b) return a > b end))
show(sorted { 2.5, 1, -3, 2, 1e10, -1e-10 })
show(sorted {})
show(sorted { 1 })
show(sorted { 2, 1 })
show(sorted { 3, 3, 3, 1, 3 })
local words = { "ccc", "a", "bb", "dddd", "" }
show(sorted(words, function(a, b) return #a < #b end))
local reverse = {}
for i = 1, 100 do reverse[i] = 101 - i end
table.sort(reverse)
local ok = true
for i = 1, 100 do ok = ok and reverse[i] == i end
print(ok)
