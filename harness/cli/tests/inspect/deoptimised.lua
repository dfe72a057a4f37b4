-- engine: cranelift-loop
-- settings: jit-threshold=100
-- The loop is compiled for integers. Every third value is a float: the unit is thrown away and made again without that guess.
local function bump(v)
  return v + 1
end
local values = {}
for i = 1, 3000 do
  values[i] = i > 500 and i % 3 == 0 and i + 0.5 or i
end
local sum = 0
for round = 1, 4 do
  for i = 1, #values do
    sum = sum + bump(values[i])
  end
end
print(sum)
