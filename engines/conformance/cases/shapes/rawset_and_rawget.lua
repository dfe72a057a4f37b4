-- rawset and rawget pass by the metatable, also when caches have seen the ordinary way.
local reads, writes = 0, 0
local t = setmetatable({}, {
  __index = function() reads = reads + 1 return "default" end,
  __newindex = function() writes = writes + 1 end,
})
for i = 1, 20 do
  local _ = t.x
  t.x = i
  if i == 10 then rawset(t, "x", "raw") end
end
print(reads, writes, rawget(t, "x"), t.x, rawget(t, "y"), t.y)
print(rawlen({ 1, 2 }), rawlen("abc"), rawequal(t, t), rawequal("a", "a"), rawequal(1, 1.0))
print(pcall(rawset, 1, 2, 3))
print(pcall(rawget, "x", 1))
print(pcall(rawlen, 5))
