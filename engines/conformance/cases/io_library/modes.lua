-- The modes of open, and what each allows.
local path = os.tmpname()
local function content()
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end
local function with(mode, action)
  local file = assert(io.open(path, mode))
  print(mode, action(file))
  print(file:close(), content())
end
with("w", function(file) file:write("first") return select(2, file:read("a")) end)
with("a", function(file) file:write("+more") return select(2, file:read(1)) end)
with("r", function(file) return file:read("a"), select(2, file:write("x")), select(3, file:write("y")) end)
with("r+", function(file) file:write("FI") return file:read(3), file:seek(), file:write("!") == file, file:read("a") end)
with("a+", function(file) file:seek("set", 1) file:write("end") file:seek("set", 2) return file:read("a") end)
with("w+b", function(file) file:write("new text") file:seek("set", 4) return file:read(4), file:read(1) end)
for _, mode in ipairs({ "", "x", "rw", "r++", "+r", "rb+", "wbb", "r b" }) do
  local ok, message = pcall(function() return io.open(path, mode) end)
  print(mode, ok, ok and io.type(message) or message)
end
print(os.remove(path))
print(select(2, os.remove(path)) == path .. ": No such file or directory", select(3, os.remove(path)))
print(select(3, io.open(path)), io.open(path) == nil)
print(io.open("no/such\0file"))
