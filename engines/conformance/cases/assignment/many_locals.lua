-- Close to the limit of two hundred locals, in one function.
local lines = {}
for i = 1, 199 do lines[#lines + 1] = ("local v%d = %d"):format(i, i) end
lines[#lines + 1] = "local sum = 0"
for i = 1, 199 do lines[#lines + 1] = ("sum = sum + v%d"):format(i) end
lines[#lines + 1] = "v1, v199 = v199, v1 return sum, v1, v199, (function() return v100 + v150 end)()"
print(load(table.concat(lines, "\n"))())
print(load(("local a; "):rep(201) .. "return a", "=many"))
