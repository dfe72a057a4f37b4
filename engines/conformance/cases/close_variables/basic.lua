-- <close> variables are closed in reverse order at the end of their block, also after errors.
local function closer(name) return setmetatable({}, { __close = function(_, e) print("close " .. name, e) end }) end
do
  local a <close> = closer("a")
  local b <close> = closer("b")
  print("in block")
end
print(pcall(function()
  local c <close> = closer("c")
  error("failed", 0)
end))
for i = 1, 2 do
  local d <close> = closer("d" .. i)
  if i == 2 then break end
end
local n <close> = nil
print(pcall(function() local bad <close> = 5 end))
