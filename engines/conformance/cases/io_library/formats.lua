-- Every format of read, alone and together, with and without the old asterisk.
local file = assert(io.tmpfile())
local function start(text)
  file:seek("set")
  file:write(text, ("\0"):rep(40))
  file:seek("set")
end
start("one\ntwo\n\nfour")
print(file:read(), file:read("l"), file:read("L"), file:read(2), file:read("*l"):byte(1, 3))
start("a\nb\n")
print(file:read("L", "l", 0, 3))
start("abc")
print(file:read(0), file:read(1), file:read(2), file:seek())
file:seek("end")
print(file:read(0), file:read(1), file:read("l"), file:read("L"), file:read("n"), #file:read("a"), #file:read("*a"))
file:seek("end", -3)
print(#file:read(100), file:read(100))
-- What fails ends the list of results.
file:seek("end", -1)
print(select("#", file:read(1, "l", "l", "a")))
print(select("#", file:read("l", "l")))
for _, format in ipairs({ "x", "*", "", "*z", -1.5 }) do
  print(pcall(function() return file:read(format) end))
end
print(pcall(function() return file:read({}) end))
print(pcall(function() return file:read("l", 1, true) end))
file:seek("set")
print(pcall(file.read, file, -1))
file:close()
