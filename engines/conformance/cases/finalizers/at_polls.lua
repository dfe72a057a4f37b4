-- Finalisers run by themselves, between any two operations, and change nothing but what they mean to.
local done, made = 0, 0
local metatable = { __gc = function(o) done = done + #o end }
local function make(i)
  made = made + 1
  return setmetatable({ i }, metatable)
end
local sum, text, list = 0, "", {}
while done < 100 do
  for i = 1, 20 do
    local a, b, c = i, make(i), i * 2
    sum = sum + a + c - b[1] - c
    list[i % 7] = { i, make }
    text = ("%d,%s"):format(i, text):sub(1, 20)
  end
  local filler = {}
  for i = 1, 200 do filler[i] = { i, tostring(i) .. " some text that is long enough to be no short string" } end
end
print(sum, text, made >= done, #list)
-- Coroutines, too, are interrupted by finalisers, which cannot yield.
done = 0
local step = coroutine.wrap(function()
  while done < 10 do
    setmetatable({}, { __gc = function() done = done + 1 coroutine.yield("from the finaliser") end })
    coroutine.yield({ ("x"):rep(50) .. done })
  end
  return "ended"
end)
local result
repeat
  result = step()
  collectgarbage()
until type(result) == "string"
print(result)
