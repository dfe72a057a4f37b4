-- Operands of a concatenation are evaluated from left to right.
local log = {}
local function mark(x) log[#log + 1] = tostring(x) return x end
local text = mark("a") .. mark(1) .. mark("b") .. mark(2)
print(text, table.concat(log, " "))
