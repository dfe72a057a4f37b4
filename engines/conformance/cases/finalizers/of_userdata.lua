-- Userdata with finalisers of the program: file handles with a metatable of their own.
local path = os.tmpname()
local log = {}
local function watched(name)
  local file = assert(io.open(path, "a"))
  file:write(name, " ")
  local methods = getmetatable(file).__index
  debug.setmetatable(file, { __index = methods, __gc = function(f)
    log[#log + 1] = { file = f, name = name, usable = f.write ~= nil }
  end })
  return file
end
do
  print(io.type(watched("first")), pcall(watched("second").read, io.stdout) == true)
end
collectgarbage()
table.sort(log, function(a, b) return a.name < b.name end)
for _, entry in ipairs(log) do
  local file = entry.file
  print("finalised", entry.name, type(file), entry.usable)
  debug.setmetatable(file, getmetatable(io.stdout))
  print(io.type(file), file:close())
end
local file = io.open(path)
print(#file:read("a"))
file:close()
-- Handles that nobody closed are closed when they are collected.
io.open(path, "a"):write("three")
collectgarbage()
collectgarbage()
file = io.open(path)
print(file:read("a"):sub(-5))
print(os.remove(path))
print(debug.getregistry()["FILE*"] == getmetatable(io.stdin), debug.getregistry()._LOADED == package.loaded)
