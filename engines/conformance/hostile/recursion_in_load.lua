-- limits: seconds=30 memory=200000000 | ends: 0
local function read() return load(read) end
for i = 1, 3 do
  local ok, message = read()
  assert(not ok or type(ok) == "function", message)
end
local depth = 0
package.preload.again = nil
table.insert(package.searchers, 1, function(name)
  depth = depth + 1
  return require(name .. "x")
end)
local ok, message = pcall(require, "again")
assert(not ok and tostring(message):find("stack overflow", 1, true), message)
