-- byte and char, with ranges and negative positions.
print(("ABC"):byte(), ("ABC"):byte(2), ("ABC"):byte(-1), ("ABC"):byte(1, -1))
print(("ABC"):byte(10), ("ABC"):byte(0), select("#", ("ABC"):byte(0)), select("#", ("ABC"):byte(3, 2)))
print(("ABC"):byte(-100, 100), ("\0\255"):byte(1, 2))
print(string.char(), string.char(72, 105), #string.char(0, 255), string.char(("hey"):byte(1, 3)))
print(pcall(string.char, 256))
print(pcall(string.char, -1))
print(pcall(string.char, "x"))
print(pcall(string.byte))
