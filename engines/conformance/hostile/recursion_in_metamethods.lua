-- limits: seconds=30 memory=200000000 | ends: 0
local function overflows(f, ...)
  local ok, message = pcall(f, ...)
  assert(not ok and tostring(message):find("stack overflow", 1, true), message)
end
local function recurse(event, operate)
  local object
  object = setmetatable({}, {[event] = function() return operate(object) end})
  for i = 1, 3 do overflows(operate, object) end
end
recurse("__index", function(o) return o.x end)
recurse("__index", function(o) return o[1] end)
recurse("__newindex", function(o) o.x = 1 end)
recurse("__add", function(o) return o + 1 end)
recurse("__sub", function(o) return 1 - o end)
recurse("__unm", function(o) return -o end)
recurse("__band", function(o) return o & 1 end)
recurse("__call", function(o) return 1 + o() end)
recurse("__concat", function(o) return o .. "x" end)
recurse("__concat", function(o) return "a" .. "b" .. o .. "x" end)
recurse("__lt", function(o) return o < 1 end)
recurse("__le", function(o) return 1 <= o end)
recurse("__len", function(o) return #o end)
recurse("__eq", function(o) return o == setmetatable({}, getmetatable(o)) end)
recurse("__close", function(o) local x <close> = o end)
recurse("__tostring", function(o) return tostring(o) end)
recurse("__pairs", function(o) return (pairs(o)) end)
