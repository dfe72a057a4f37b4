-- The table functions respect __index, __newindex and __len.
local log = {}
local store = { "a", "b", "c" }
local proxy = setmetatable({}, {
  __index = function(_, k) log[#log + 1] = "r" .. k return store[k] end,
  __newindex = function(_, k, v) log[#log + 1] = "w" .. k store[k] = v end,
  __len = function() log[#log + 1] = "#" return #store end,
})
local function flush() print(table.concat(log, " ")) log = {} end
table.insert(proxy, "d") flush()
table.insert(proxy, 2, "x") flush()
print(table.remove(proxy)) flush()
print(table.remove(proxy, 1)) flush()
print(table.concat(proxy, ",")) flush()
print(table.unpack(proxy)) flush()
table.move(proxy, 1, 2, 2) flush()
print(table.concat(store, ","))
print(pcall(table.insert, setmetatable({}, { __len = function() return "x" end }), 1))
print(pcall(table.concat, "not a table"))
