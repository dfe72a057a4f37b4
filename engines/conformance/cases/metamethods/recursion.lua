-- Metamethods count as calls of C functions: recursion through them ends near 200 levels, and can be caught and repeated.
local function try(name, f)
  local ok, message = pcall(f)
  print(name, ok, (tostring(message):gsub("^.-:%d+: ", "")))
end
local depth, deepest = 0, 0
local function counted(f)
  return function(...)
    depth = depth + 1
    if depth > deepest then deepest = depth end
    return f(...)
  end
end
local function recursion(name, event, operation)
  depth, deepest = 0, 0
  local object
  object = setmetatable({}, { [event] = counted(function(a, b) return (operation(object, b)) end) })
  try(name, function() return operation(object, object) end)
  print(deepest > 150 and deepest < 200)
end
for _ = 1, 2 do
  recursion("index", "__index", function(o) return o.x end)
  recursion("newindex", "__newindex", function(o) o.x = 1 end)
  recursion("add", "__add", function(o) return o + 1 end)
  recursion("unm", "__unm", function(o) return -o end)
  recursion("len", "__len", function(o) return #o end)
  recursion("concat", "__concat", function(o) return o .. "x" end)
  recursion("eq", "__eq", function(o) return o == {} end)
  recursion("lt", "__lt", function(o) return o < 1 end)
  recursion("le", "__le", function(o) return o <= 1 end)
end
local t = setmetatable({}, { __index = function(t, k) return t[k .. "x"] end })
try("keys", function() return t.a end)
-- What returns, fails or yields gives its level back.
local adder = setmetatable({}, { __add = function(_, b) return b end, __sub = function() error("x", 0) end,
  __mul = function(_, b) return coroutine.yield(b) end })
local sum = 0
for i = 1, 1000 do
  sum = sum + (adder + i)
  pcall(function() return adder - i end)
  if coroutine.wrap(function() return adder * i end)() ~= i then print("wrong") end
end
print(sum)
local inner = coroutine.wrap(function() for i = 1, 300 do coroutine.yield((adder * i) + (adder * i)) end end)
for i = 1, 300 do inner(i) inner(i) if inner(i) ~= 2 * i then print("wrong") break end if i == 3 then break end end
