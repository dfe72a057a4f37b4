-- A finaliser's frame is named as such: nothing in the program calls it.
local seen
setmetatable({}, {__gc = function()
  local info = debug.getinfo(1, "n")
  seen = {info.namewhat, info.name, debug.traceback("here", 1):match("\n\t[^\n]*: (in metamethod[^\n]*)\n")}
end})
collectgarbage()
local function step() return seen end
while not step() do end
print(table.unpack(seen, 1, 3))
