-- What cannot be dumped, what is no chunk, modes, and messages of loaded functions.
print(pcall(string.dump, print))
print(pcall(string.dump))
print(pcall(string.dump, "function"))
local dumped = string.dump(function() return "loaded" end)
print(load(dumped, "name", "t"))
print(load("return 1", "name", "b"))
print(load(dumped, "name", "b")(), load(dumped, nil, "tb")())
for length = 1, #dumped - 1 do
  local ok, message = load(dumped:sub(1, length), "=short")
  if ok or message ~= "short: bad binary format (truncated chunk)" then print(length, ok, message) end
end
print(load(dumped:sub(1, 20)), load(dumped:sub(1, 20), "@file"), load(dumped:sub(1, 20), "text"))
for position, what in ipairs({ "sign", "sign", "sign", "sign", "version", "format", "data", "data", "data", "data", "data",
    "data", "instruction", "integer", "number", "int", "int" }) do
  local changed = dumped:sub(1, position - 1) .. "?" .. dumped:sub(position + 1)
  print(what, select(2, load(changed, "=changed")))
end
local function fails() local text = {} return text + 1 end
print(pcall(load(string.dump(fails))))
print(pcall(load(string.dump(fails, true))))
print(pcall(load(string.dump(function() error("raised") end))))
print(pcall(load(string.dump(function() error("raised") end, true))))
print(pcall(load(string.dump(function() undefined() end), "", "b", {})))
print(pcall(load(string.dump(function() undefined() end, true), "", "b", {})))
print(pcall(load(string.dump(function() local t = {} t.x.y = 1 end, true))))
print(pcall(load(string.dump(load("local a = ... return a.b.c", "=chunk"), true)), {}))
print(pcall(load(string.dump(function() return math.floor({}) end, true))))
local up
print(pcall(load(string.dump(function() return up .. "x" end, true), "", "b", {})))
