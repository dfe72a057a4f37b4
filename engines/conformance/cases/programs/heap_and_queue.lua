-- A binary heap as a priority queue.
local Heap = {}
Heap.__index = Heap
function Heap.new(less) return setmetatable({ n = 0, less = less or function(a, b) return a < b end }, Heap) end
function Heap:push(v)
  self.n = self.n + 1
  local i = self.n
  self[i] = v
  while i > 1 and self.less(self[i], self[i // 2]) do
    self[i], self[i // 2] = self[i // 2], self[i]
    i = i // 2
  end
end
function Heap:pop()
  if self.n == 0 then return nil end
  local top = self[1]
  self[1], self[self.n] = self[self.n], nil
  self.n = self.n - 1
  local i = 1
  while true do
    local child = 2 * i
    if child > self.n then break end
    if child < self.n and self.less(self[child + 1], self[child]) then child = child + 1 end
    if not self.less(self[child], self[i]) then break end
    self[i], self[child] = self[child], self[i]
    i = child
  end
  return top
end
local heap = Heap.new()
for i = 1, 100 do heap:push(i * 37 % 101) end
local previous, count = 0, 0
for v in heap.pop, heap do assert(v > previous) previous, count = v, count + 1 end
print(count, previous, heap:pop())
local by_name = Heap.new(function(a, b) return a.name < b.name end)
for _, name in ipairs { "m", "c", "z", "a" } do by_name:push { name = name } end
print(by_name:pop().name, by_name:pop().name, by_name.n)
