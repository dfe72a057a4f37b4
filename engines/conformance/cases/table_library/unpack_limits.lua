-- unpack near the limits of integers and of the stack.
print(table.unpack({ 1, 2, 3 }, -1, 2))
print(table.unpack({}, 0, 0))
print(table.unpack({}, math.maxinteger, math.maxinteger), table.unpack({}, math.mininteger, math.mininteger))
print(select("#", table.unpack({}, 1, 100)), select("#", table.unpack({}, 2, 1)), select("#", table.unpack({}, 1, 200)))
print(pcall(table.unpack, {}, 1, 1e7))
print(pcall(table.unpack, {}, 1, math.maxinteger))
print(pcall(table.unpack, {}, "a"))
print(pcall(table.unpack, {}, 1.5))
