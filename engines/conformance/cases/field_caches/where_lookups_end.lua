-- Where a lookup behind __index ends: functions, tables without shapes, own fields that are nil, metatables whose __index
-- came and went; by a name and by a key that is no constant.
local function get(object) return object.x, object.y end
local function by(object, key) return object[key] end
local function show(name, object)
  for _ = 1, 3 do
    local x, y = get(object)
    if by(object, "x") ~= x or by(object, "y") ~= y then print("different", name) end
  end
  print(name, get(object))
end
local function wide(fields)
  for i = 1, 300 do fields["k" .. i] = i end
  return fields
end
local ask = function(object, key) return key .. tostring(rawget(object, "name")) end
show("function", setmetatable({ name = "a" }, { __index = ask }))
local middle = setmetatable({ name = "middle", y = 1 }, { __index = ask })
show("function two up", setmetatable({ name = "b" }, { __index = middle }))
show("dictionary", setmetatable(wide({ x = 1 }), { __index = { y = 2 } }))
show("dictionary behind", setmetatable({}, { __index = wide({ x = 3 }) }))
show("behind a dictionary", setmetatable({}, { __index = setmetatable(wide({}), { __index = { x = 4 } }) }))
show("a string behind", setmetatable({}, { __index = "text" }))
print(pcall(get, setmetatable({}, { __index = 5 })))
local class = { x = "class" }
local mine, other = setmetatable({ x = nil }, { __index = class }), setmetatable({ x = 6 }, { __index = class })
for _ = 1, 3 do show("own nil", mine) show("own", other) end
local toggled = setmetatable({ __index = { x = 7 } }, nil)
local object = setmetatable({}, toggled)
show("there", object)
toggled.__index = nil
show("gone", object)
toggled.__index = ask
show("function later", object)
show("metatable without", setmetatable({}, wide({ __index = nil })))
show("metatable with nil", setmetatable({ y = 8 }, { __index = nil, __newindex = ask }))
