-- limits: seconds=30 memory=200000000 | ends: 0
local function overflows(f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find("stack overflow", 1, true), message)
end
local function sort() table.sort({3, 2, 1}, function(a, b) sort() return a < b end) end
local function gsub() return (("x"):gsub("x", gsub)) end
local object = setmetatable({}, {})
getmetatable(object).__tostring = function(o) return tostring(o) end
getmetatable(object).__index = function(o, k) return table.concat(o, ",", 1, 1) end
getmetatable(object).__name = nil
for i = 1, 3 do
  overflows(sort)
  overflows(gsub)
  overflows(tostring, object)
  overflows(string.format, "%s", object)
  overflows(table.concat, object, ",", 1, 1)
  overflows(table.unpack, object, 1, 1)
end
