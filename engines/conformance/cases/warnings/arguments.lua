-- warn takes strings and numbers; what it writes goes to standard error, so that nothing is seen here.
print(pcall(warn))
print(pcall(warn, 1, {}))
print(pcall(warn, nil))
print(select("#", warn("@on")), select("#", warn("a", 1, 2.5)), select("#", warn("@off", "joined")))
print(pcall(warn, "@unknown"))
warn("@off")
