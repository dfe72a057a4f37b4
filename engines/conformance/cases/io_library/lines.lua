-- lines of a file and of a name: formats, the end, files that close by themselves.
local path = os.tmpname()
local file = assert(io.open(path, "w"))
print(file:write("one\n", 2, "\n\nlast") == file)
file:close()
for line in io.lines(path) do io.write("[", line, "]") end
print()
for line in io.lines(path, "L") do io.write("[", line, "]") end
print()
for a, b in io.lines(path, 1, 2) do io.write("[", a, "|", tostring(b), "]") end
print()
file = io.open(path)
for line, number in file:lines("l", "n") do io.write("[", line, "|", tostring(number), "]") end
print()
print(io.type(file), file:read("a"))
file:seek("set", 4)
for number in file:lines("n") do print(number) end
file:close()
print(pcall(file.lines, file))
local iterator, state, control, closing = io.lines(path)
print(type(iterator), state, control, io.type(closing))
while iterator() do end
print(io.type(closing))
print(pcall(iterator))
print(select("#", io.lines(path, "a")))
for _ in io.lines(path) do
  break
end
print(pcall(function() for _ in io.lines("no/such/file") do end end))
print(pcall(function() for _ in io.lines(path, "q") do end end))
print(pcall(function() return io.lines(path, table.unpack({}, 1, 251)) end))
io.input(path)
for line in io.lines(nil, "L") do io.write("[", line, "]") end
print(io.type(io.input()))
io.input():close()
print(pcall(io.lines))
io.input(io.stdin)
print(os.remove(path))
