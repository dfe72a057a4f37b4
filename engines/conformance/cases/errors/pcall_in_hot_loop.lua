-- Errors raised and caught many times in one loop, with values that survive.
local caught, total = 0, 0
local function risky(i)
  local before = i * 2
  if i % 3 == 0 then error({ i = i }) end
  if i % 5 == 0 then local t = nil; t.x = 1 end
  return before
end
for i = 1, 150 do
  local a, b = i, i + 0.5
  local ok, result = pcall(risky, i)
  if ok then total = total + result
  else
    caught = caught + 1
    if type(result) == "table" then total = total + result.i end
  end
  assert(a == i and b == i + 0.5)
end
print(caught, total)
