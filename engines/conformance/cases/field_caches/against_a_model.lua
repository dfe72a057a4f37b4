-- Random changes of objects, classes and metatables; after each, the same few accesses are compared with a walk by
-- rawget. Whatever a cache may rely on changes here at some time.
local seed = 20261130
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
local keys = { "a", "b", "c", "d" }

local function walk(object, key)
  for _ = 1, 20 do
    local value = rawget(object, key)
    if value ~= nil then return value end
    local metatable = getmetatable(object)
    if not metatable then return nil end
    local handler = rawget(metatable, "__index")
    if handler == nil then return nil end
    if type(handler) == "function" then return handler(object, key) end
    object = handler
  end
end

local function loads(object)
  return object.a, object.b, object.c, object.d
end
local function load_by(object, key) return object[key] end

local checked, wrong = 0, 0
local function check(object)
  local a, b, c, d = loads(object)
  local found = { a = a, b = b, c = c, d = d }
  for _, key in ipairs(keys) do
    local expected = walk(object, key)
    checked = checked + 1
    if found[key] ~= expected or load_by(object, key) ~= expected then
      wrong = wrong + 1
      if wrong < 10 then print("wrong", key, found[key], load_by(object, key), expected) end
    end
  end
end

local function store(object, key, value)
  if key == "a" then object.a = value
  elseif key == "b" then object.b = value
  elseif key == "c" then object.c = value
  else object[key] = value end
end

local classes, objects = {}, {}
local function class()
  local new = {}
  if #classes > 0 and random(2) == 1 then
    local parent = classes[random(#classes)]
    setmetatable(new, random(2) == 1 and parent or { __index = parent })
  end
  if random(3) > 1 then new.__index = new end
  if random(2) == 1 then new.a = #classes end
  return new
end
local function object()
  local of = classes[random(#classes)]
  local kind = random(4)
  if kind == 1 then return setmetatable({ a = 1, b = nil }, of) end
  if kind == 2 then return setmetatable({ b = 2 }, { __index = of }) end
  if kind == 3 then
    local new = setmetatable({}, of)
    of.__index = of
    new.c = 3
    return new
  end
  return setmetatable({}, { __index = function(_, key) return key .. "!" end })
end

for step = 1, 4000 do
  local operation = random(20)
  if operation == 1 or #classes == 0 then
    classes[#classes % 24 + 1] = class()
  elseif operation <= 4 or #objects == 0 then
    objects[#objects % 64 + 1] = object()
  elseif operation <= 8 then
    store(classes[random(#classes)], keys[random(4)], random(3) > 1 and step or nil)
  elseif operation <= 13 then
    store(objects[random(#objects)], keys[random(4)], random(3) > 1 and step or nil)
  elseif operation == 14 then
    local of = classes[random(#classes)]
    of.__index = random(3) > 1 and of or nil
  elseif operation == 15 then
    setmetatable(objects[random(#objects)], random(4) > 1 and classes[random(#classes)] or nil)
  elseif operation == 16 then
    local of, parent = classes[random(#classes)], classes[random(#classes)]
    local above, loops = parent, false
    for _ = 1, 20 do
      loops = loops or above == of
      local metatable = above and getmetatable(above)
      above = metatable and (rawget(metatable, "__index") or metatable)
    end
    if not loops and not above then setmetatable(of, { __index = parent }) end
  elseif operation == 17 then
    rawset(objects[random(#objects)], keys[random(4)], random(2) == 1 and step or nil)
  elseif operation == 18 then
    rawset(classes[random(#classes)], keys[random(4)], random(2) == 1 and step or nil)
  elseif operation == 19 then
    local metatable = getmetatable(objects[random(#objects)])
    if metatable then metatable.__index = classes[random(#classes)] end
  elseif step % 7 == 0 then
    collectgarbage()
  end
  for _ = 1, 3 do check(objects[random(math.max(#objects, 1))] or {}) end
end
print(checked, wrong)
