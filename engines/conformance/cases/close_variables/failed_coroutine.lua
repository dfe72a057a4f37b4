-- A coroutine that an error has ended keeps its <close> variables, those of the frame that failed too, until it is closed.
local function guard(name) return setmetatable({ name }, { __close = function(self, e) print("close " .. self[1], e) end }) end
local co = coroutine.create(function()
  local outer <close> = guard("outer")
  local inner <close> = guard("inner")
  local sum = nil + 1
  return sum
end)
print(coroutine.resume(co))
collectgarbage()
local fresh = {}
for i = 1, 100 do fresh[i] = { i } end
print(coroutine.close(co))
print(coroutine.close(co), coroutine.status(co))
