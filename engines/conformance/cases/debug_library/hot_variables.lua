-- The debug library sees what variables of hot loops hold now, also those that nothing reads any more.
local function look(index)
  local name, value = debug.getlocal(2, index)
  return tostring(name) .. "=" .. tostring(value)
end

local function declared_inside()
  for i = 1, 60 do
    local x = i * 2
    local y = x + 0.5
    if i > 57 then print(look(5), look(6)) end
  end
end
declared_inside()

local function declared_outside()
  local a, b, i = 0, 0, 0
  while i < 60 do
    i = i + 1
    a = i * 2
    if i % 3 == 0 then b = i end
    if i > 57 then print(look(1), look(2), look(3)) end
    a = 1
  end
end
declared_outside()

local function fails(n)
  local last = 0
  for i = 1, n do
    last = i * 3
    if i == n - 1 then error("at " .. i) end
  end
end
for _, n in ipairs { 5, 60 } do
  print(xpcall(fails, function(message)
    local _, value = debug.getlocal(3, 2)
    return message .. ", last " .. value
  end, n))
end

local function never_read()
  local a, b = 1, 2
  for i = 1, 60 do
    if i == 60 then print(look(1), look(2)) end
  end
end
never_read()

local function changed_by_a_callback()
  local x, sum = 1, 0
  local order = function(a, b) debug.setlocal(3, 1, 7) return a < b end
  for i = 1, 60 do
    local t = { 2, 1 }
    if i == 40 then table.sort(t, order) end
    sum = sum + x
  end
  return sum
end
print(changed_by_a_callback(), changed_by_a_callback())
