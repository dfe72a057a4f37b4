-- engine: dynasm-method
-- A function that is called 90 times stays cold: a hundred calls are needed. The loop counts for the main chunk.
local function helper(x)
  return x * 2
end
local sum = 0
for i = 1, 90 do
  sum = sum + helper(i)
end
print(sum)
