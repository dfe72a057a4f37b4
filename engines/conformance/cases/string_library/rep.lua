-- rep with and without a separator, and its limits.
print(("ab"):rep(3), ("ab"):rep(3, ","), ("ab"):rep(1, ","), ("ab"):rep(0), ("ab"):rep(-1), (""):rep(100), (""):rep(3, "-"))
print(#("x"):rep(1000), #("x"):rep(10, "yz"), #(""):rep(1e5))
print(pcall(string.rep, "x", 1 << 62))
print(pcall(string.rep, "x", 1 << 62, "y"))
print(pcall(string.rep))
print(pcall(string.rep, "x"))
