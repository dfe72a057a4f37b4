-- Closures made in a hot loop, some kept, with variables changed after capture.
local kept = {}
local shared = 0
for i = 1, 2000 do
  local x = i
  local function get() shared = shared + 1 return x end
  x = x + 0.5
  if i % 500 == 0 then kept[#kept + 1] = get end
  get()
end
for _, get in ipairs(kept) do io.write(get(), " ") end
print(shared)
