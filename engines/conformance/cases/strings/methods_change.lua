-- Methods of strings, looked up in a hot loop, change under it: the library's table gets another function, `__index` another
-- table or a function, the metatable goes, a method's name is of a table too.
local strings = getmetatable("")
local library = strings.__index
local function total(s, n)
  local sum = 0
  for i = 1, n do
    sum = sum + s:len()
    if i == n // 2 and s.mark then sum = sum + s:mark() end
  end
  return sum
end
for _ = 1, 300 do total("four", 4) end
print(total("four", 100))

library.mark = function(s) return 1000 * #s end
print(total("four", 100))
library.len = function(s) return 2 * #s end
print(total("four", 100))
library.len = nil
print(pcall(total, "four", 100))

strings.__index = { len = function() return 7 end }
print(total("four", 100))
strings.__index = function(s, name)
  if name == "len" then return function() return #name end end
end
print(total("four", 100))
strings.__index = nil
print(pcall(total, "four", 100))
strings.__index = setmetatable({}, { __index = { len = function() return 9 end } })
print(total("four", 100))

debug.setmetatable("", nil)
print(pcall(total, "four", 100))
debug.setmetatable("", { __index = { len = function() return 11 end } })
print(total("four", 100))

-- What only a weak metatable refers to is gone after a collection.
local methods = { len = function() return 13 end }
debug.setmetatable("", setmetatable({ __index = methods }, { __mode = "v" }))
print(total("four", 10))
methods = nil
collectgarbage()
print(pcall(total, "four", 10))

-- Other receivers at the same place.
library.len = function(s) return 3 end
debug.setmetatable("", strings)
strings.__index = library
local object = { len = function() return 5 end }
for _ = 1, 300 do total("four", 4) total(object, 4) end
print(total(object, 100), total("four", 100), pcall(total, 4, 100))
