-- engine: cranelift-loop
-- settings: jit-threshold=100
-- What the loop calls is too large to be inlined, so compiled code waits for the interpreter at each iteration.
local function describe(n)
  local parts = {}
  for word in ("one two three"):gmatch("%a+") do
    parts[#parts + 1] = word .. n
  end
  return table.concat(parts, " ")
end
local length = 0
for i = 1, 6000 do
  length = length + #describe(i)
end
print(length)
