-- Objects that hold their own closures.
local function counter(start)
  local self = { value = start }
  function self.up(n) self.value = self.value + (n or 1) return self end
  function self.get() return self.value end
  return self
end
local a, b = counter(0), counter(100)
for i = 1, 50 do a.up() b.up(i) end
print(a.get(), b.get(), a.up(5).up(5).get(), a.value)
