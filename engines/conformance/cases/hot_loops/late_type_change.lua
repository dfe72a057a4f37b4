-- Types are stable for thousands of iterations, then change once.
local function run(n, at, value)
  local acc, step = 0, 1
  for i = 1, n do
    if i == at then step = value end
    acc = acc + step
  end
  return acc, math.type(acc)
end
print(run(5000, 4000, 2))
print(run(5000, 4000, 0.5))
print(run(5000, 4000, "3"))
print(pcall(run, 5000, 4000, {}))
print(pcall(run, 5000, 4000, nil))
print(run(5000, 4000, setmetatable({}, { __add = function(a) return a end })))
