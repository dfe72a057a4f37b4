-- Weak values and keys disappear with their objects.
local values = setmetatable({}, { __mode = "v" })
local kept = {}
values[1], values[2] = {}, kept
local keys = setmetatable({}, { __mode = "k" })
keys[{}] = "lost"
keys[kept] = "kept"
collectgarbage()
print(values[1], values[2] == kept, keys[kept])
local count = 0
for _ in pairs(keys) do count = count + 1 end
print(count)
