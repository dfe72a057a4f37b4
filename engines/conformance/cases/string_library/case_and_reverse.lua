-- lower, upper and reverse look at ASCII letters only.
print(("Hello, World! 123"):lower(), ("Hello, World! 123"):upper(), ("Hello"):reverse(), (""):reverse())
print(("a\0b"):reverse() == "b\0a", ("a\0B"):upper() == "A\0B", ("\xe9"):upper() == "\xe9", ("x"):len(), ("a\0"):len())
print(string.len(12), string.upper(1.5), string.reverse(120))
print(pcall(string.len))
print(pcall(string.upper, {}))
print(pcall(string.lower, nil))
