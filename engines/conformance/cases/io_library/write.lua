-- io.write takes strings and numbers and returns the file, so that calls chain.
io.write("a", 1, 2.5, -0.0, "b", 1e100, 10 // 1, 3.0, "\n")
print(io.write("chained ") == io.write("calls\n"))
print(pcall(io.write, {}))
print(pcall(io.write, nil))
print(io.write() == io.write(""))
