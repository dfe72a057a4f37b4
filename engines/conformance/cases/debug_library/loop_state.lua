-- The hidden variables of loops, as `debug.getlocal` shows them.
local function locals(level)
  local texts = {}
  for i = 1, 100 do
    local name, value = debug.getlocal(level + 1, i)
    if not name or name == "(temporary)" or name == "(C temporary)" then break end
    local is_plain = type(value) == "number" or type(value) == "nil"
    texts[#texts + 1] = name .. "=" .. (is_plain and tostring(value) or type(value))
  end
  print(table.concat(texts, " "))
end
local function up_to(limit, control)
  if control < limit then locals(2) return control + 1 end
end
for i = 1, 2 do locals(1) end
for i = 1.5, 2 do locals(1) end
for i = 10, 1, -4 do i = i * 2 locals(1) end
for i = "1", 2 do locals(1) end
for i in up_to, 2, 0 do locals(1) end
for i = (function() locals(2) return 1 end)(), (function() locals(2) return 2 end)() do local x = i locals(1) i = x end
for k, v in next, { 1 }, nil, nil do locals(1) end
for i = 1, 1 do for j = i, 1 do local function f() return i, j end locals(1) end end
locals(1)
