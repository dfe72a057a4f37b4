-- Stores that add a field, before and after a __newindex comes into being, for objects of each kind.
local log = {}
local function note(object, key, value) log[#log + 1] = key .. "=" .. tostring(value) end
local function put(object, value) object.x = value end

local shared = {}
for i = 1, 5 do put(setmetatable({}, shared), i) end
shared.__newindex = note
put(setmetatable({}, shared), "shared")
shared.__newindex = nil
local last = setmetatable({}, shared)
put(last, 6)
print(last.x, #log)

local function own(handler)
  return setmetatable({}, { __newindex = handler })
end
for _ = 1, 5 do put(own(nil), 1) end
put(own(note), "own")
local object = own(nil)
put(object, 2)
getmetatable(object).__newindex = note
put(object, 3)
object.x = nil
put(object, "gone")
print(rawget(object, "x"), table.concat(log, " "))

-- A __newindex that is a table gets the field, as long as the object has none.
local target = {}
local proxy = setmetatable({}, { __newindex = target })
put(proxy, 1)
rawset(proxy, "x", 2)
put(proxy, 3)
print(rawget(proxy, "x"), target.x)
