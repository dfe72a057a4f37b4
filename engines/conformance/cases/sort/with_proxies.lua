-- sort works on objects through __lt, and on a proxy through __index, __newindex and __len.
local mt = { __lt = function(a, b) return a.key < b.key end }
local objects = {}
for i, k in ipairs { 4, 2, 5, 1, 3 } do objects[i] = setmetatable({ key = k }, mt) end
table.sort(objects)
for _, o in ipairs(objects) do io.write(o.key, " ") end
print()
local store = { 3, 1, 2 }
local reads, writes = 0, 0
local proxy = setmetatable({}, {
  __len = function() return #store end,
  __index = function(_, i) reads = reads + 1 return store[i] end,
  __newindex = function(_, i, v) writes = writes + 1 store[i] = v end,
})
table.sort(proxy)
print(table.concat(store, " "), reads > 0, writes > 0, next(proxy))
