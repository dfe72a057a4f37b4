-- Files: write, read back by formats and lines.
local f = assert(io.tmpfile())
print(type(f), type(io.stdout), io.type(io.stderr))
f:write("line 1\n", 42, " ", 1.5, "\nlast")
f:seek("set")
print(f:read("l", "n", "n"))
print(f:read("L"), f:read("a"), f:read("a"), f:read("l"))
f:seek("set", 0)
for line in f:lines() do io.write("[", line, "]") end
print(io.type(f), io.type(5), f:close(), io.type(f))
print(io.open("no/such/file"))
