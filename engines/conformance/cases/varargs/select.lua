-- select counts, takes from a position, and from the end.
local function f(...) return select("#", ...), (select(2, ...)) end
print(f("a", "b", "c"), f(nil, nil), f("x"))
print(select(1, "a", "b", "c"))
print(select(3, "a", "b", "c"))
print(select(4, "a", "b", "c"))
print(select(-1, "a", "b", "c"))
print(select(-3, "a", "b", "c"))
print(select("#"), select("#", nil), select("#", nil, nil), select("2", 1, 2))
print(pcall(select, 0, "a"))
print(pcall(select, -2, "a"))
print(pcall(select, "x"))
