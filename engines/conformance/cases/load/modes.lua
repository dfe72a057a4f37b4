-- The mode says whether text or binary chunks are accepted.
print(load("return 1", "=m", "t")())
print(load("return 2", "=m", "bt")())
print(load("return 3", "=m", "b"))
print(load("\27Lua", "=m", "t"))
print(load("return 4", "=m", nil)())
