-- A variable that its function never assigns is still assigned for it by debug.setupvalue.
local shared = 12
local function read() return shared end
print(debug.setupvalue(read, 1, 13), shared, read())

local function declare()
  local inner = "a"
  local function get() return inner end
  local function set(value) return debug.setupvalue(get, 1, value) end
  print(inner, set("b"), inner, get())
  for i = 1, 3 do
    set(i)
    io.write(tostring(inner), " ", tostring(get()), "; ")
  end
  print()
end
declare()
declare()
