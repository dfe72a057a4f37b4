-- Closures keep exactly what they captured alive.
local getters = {}
for i = 1, 200 do
  local data = { value = i, text = "text" .. i }
  getters[i] = function() return data.value, data.text end
end
collectgarbage()
local sum = 0
for i, get in ipairs(getters) do
  local v, text = get()
  assert(text == "text" .. i)
  sum = sum + v
end
print(sum)
local function chain(n, f) if n == 0 then return f end return chain(n - 1, function(x) return f(x) + 1 end) end
local f = chain(50, function(x) return x end)
collectgarbage()
print(f(1))
