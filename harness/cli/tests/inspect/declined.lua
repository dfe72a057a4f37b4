-- engine: dynasm-method
-- settings: fail-code-request=1
-- The first request for code memory fails: the first function that is hot is declined, and compiled later.
local function first(x)
  return x + 1
end
local function second(x)
  return x + 2
end
local sum = 0
for i = 1, 120 do
  sum = sum + first(i)
end
for i = 1, 120 do
  sum = sum + second(i)
end
print(sum)
