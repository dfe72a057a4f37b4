-- The body may assign the control variable; the loop does not see it. Limits are evaluated once.
for i = 1, 4 do
  local before = i
  i = i * 10
  io.write(before, "->", i, " ")
end
print()
local limit = 3
local function last() io.write("[once] ") return limit end
for i = 1, last() do
  limit = 100
  io.write(i, " ")
end
print()
local i = "outer"
for i = 1, 2 do io.write(i, " ") end
print(i)
for i = 1, 2 do
  for i = i * 10, i * 10 + 2 do io.write(i, " ") end
  io.write("/", i, " ")
end
print()
