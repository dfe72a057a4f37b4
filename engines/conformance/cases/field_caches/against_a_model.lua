-- Random changes of objects, classes and metatables; after each, the same few accesses are compared with a walk by
-- rawget. Whatever a cache may rely on changes here at some time.
local seed = 20261130
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local keys, classes, is_class, objects = { "a", "b", "c" }, {}, {}, {}
local function walk(object, key)
  local value, metatable = rawget(object, key), getmetatable(object)
  local handler = metatable and rawget(metatable, "__index")
  if value ~= nil or handler == nil then return value end
  return type(handler) == "function" and handler(object, key) or walk(handler, key)
end
local wrong = 0
local function check(object)
  local found = { a = object.a, b = object.b, c = object.c }
  for _, key in ipairs(keys) do
    local expected = walk(object, key)
    if found[key] ~= expected or object[key] ~= expected then wrong = wrong + 1 end
  end
end
local function store(object, key, value)
  if key == "a" then object.a = value elseif key == "b" then object.b = value else object[key] = value end
end
local makers = {
  function(class) return setmetatable({ a = 1, b = nil }, class) end,
  function(class) return setmetatable({ b = 2 }, { __index = class }) end,
  function(class) class.__index = class; return setmetatable({ c = 3 }, class) end,
  function() return setmetatable({}, { __index = function(_, key) return key .. "!" end }) end,
}
local function parented(class)
  local parent = classes[random(#classes)]
  local above = parent
  for _ = 1, 20 do
    if above == class then return class end
    local metatable = above and getmetatable(above)
    above = metatable and (rawget(metatable, "__index") or metatable)
  end
  return setmetatable(class, random(2) == 1 and { __index = parent } or parent)
end
for i = 1, 24 do classes[i] = { a = i % 3 == 0 and i or nil }; is_class[classes[i]] = true end
for i = 1, 48 do objects[i] = makers[i % 4 + 1](classes[random(24)]) end
for step = 1, 4000 do
  local operation, class, object = random(10), classes[random(24)], objects[random(48)]
  local value = random(3) > 1 and step or nil
  if operation == 1 then objects[random(48)] = makers[random(4)](class)
  elseif operation == 2 then parented(class)
  elseif operation <= 4 then store(class, keys[random(3)], value)
  elseif operation <= 6 then store(object, keys[random(3)], value)
  elseif operation == 7 then class.__index = value and class
  elseif operation == 8 then setmetatable(object, value and class)
  elseif operation == 9 then rawset(random(2) == 1 and class or object, keys[random(3)], value)
  else
    local metatable = getmetatable(object)
    if metatable and not is_class[metatable] then metatable.__index = class end
  end
  for _ = 1, 3 do check(objects[random(48)]) end
end
print(wrong)
