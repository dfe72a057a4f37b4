-- debug.getlocal, setlocal, getupvalue, setupvalue, upvalueid, upvaluejoin.
local function show(level)
  local names = {}
  for i = 1, 20 do
    local name, value = debug.getlocal(level + 1, i)
    if not name or name:sub(1, 1) == "(" then break end
    names[#names + 1] = name .. "=" .. (type(value) == "function" and "f" or tostring(value))
  end
  print(table.concat(names, " "))
end
local function f(a, b, ...)
  local c = a + b
  do local d = "inner"; show(1) end
  local e <const> = 5
  local g = function() return c end
  show(1)
  print(debug.getlocal(1, -1), (debug.getlocal(1, -3)))
  print(debug.setlocal(1, 1, "changed"), a, debug.setlocal(1, 3, "captured"), c, g())
  print(debug.setlocal(1, -2, "extra"), ...)
end
f(1, 2, "x", "y")
print(debug.getlocal(f, 1), debug.getlocal(f, 2), debug.getlocal(f, 3))
print(pcall(debug.getlocal, 50, 1))
local x, y = 1, 2
local function first() x = x + 1 return x, y end
local function second() return y end
print(debug.getupvalue(first, 1))
print(debug.getupvalue(first, 2))
print(debug.getupvalue(first, 3))
print(debug.setupvalue(second, 1, "new"), second())
print(debug.upvalueid(first, 2) == debug.upvalueid(second, 1), debug.upvalueid(first, 1) == debug.upvalueid(second, 1))
print(type(debug.upvalueid(first, 1)), debug.upvalueid(first, 9))
debug.upvaluejoin(second, 1, first, 1)
print(second(), (first()), second())
print(pcall(debug.upvaluejoin, second, 3, first, 1))
print(pcall(debug.upvaluejoin, print, 1, first, 1))
local co = coroutine.create(function(a) local b = a * 2 coroutine.yield(b) end)
coroutine.resume(co, 21)
print(debug.getlocal(co, 1, 1))
print(debug.getlocal(co, 1, 2))
print(debug.setlocal(co, 1, 2, 0), debug.getinfo(co, 1, "l").currentline)
