-- Cyclic structures are built and dropped; the last one is intact.
local function ring(n)
  local first = { value = 1 }
  local last = first
  for i = 2, n do
    local node = { value = i, previous = last }
    last.next = node
    last = node
  end
  last.next, first.previous = first, last
  return first
end
local kept
for i = 1, 50 do
  local r = ring(10)
  if i % 25 == 0 then kept = r end
end
collectgarbage()
local sum, node = 0, kept
repeat sum = sum + node.value node = node.next until node == kept
print(sum, kept.previous.value, kept.next.previous == kept)
local self = {}
self.self = self
setmetatable(self, self)
self.__index = function(_, k) return k end
self = setmetatable({}, self)
collectgarbage()
print(self.field)
