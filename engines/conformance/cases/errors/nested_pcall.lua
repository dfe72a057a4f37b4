-- pcall in pcall; an inner error does not disturb the outer call.
local function level(n)
  if n == 0 then error("bottom", 0) end
  local ok, e = pcall(level, n - 1)
  return ok, n .. "<" .. tostring(e)
end
print(pcall(level, 5))
print(pcall(function()
  local ok, e = pcall(error, "inner", 0)
  error("outer after " .. e, 0)
end))
local depth = 0
local function deep() depth = depth + 1 if depth < 100 then return pcall(deep) end error("at the bottom", 0) end
local packed = table.pack(deep())
print(packed.n, packed[1], packed[99], packed[100], packed[packed.n])
for i = 1, 100 do assert(not pcall(error, i)) end
print("still running")
