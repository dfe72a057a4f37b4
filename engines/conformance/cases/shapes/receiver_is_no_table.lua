-- A method call site sees tables, strings, and then values without methods.
local object = setmetatable({}, { __index = { len = function() return "object" end } })
local function call(receiver) return receiver:len() end
for i = 1, 20 do
  local receiver = i % 2 == 0 and object or ("x"):rep(i)
  io.write(tostring(call(receiver)), " ")
end
print()
print(pcall(call, 5))
print(pcall(call, nil))
print(pcall(call, {}))
print(pcall(call, true))
print(call("still works"))
