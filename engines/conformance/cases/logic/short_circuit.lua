-- Operands after the deciding one are not evaluated.
local log = {}
local function t(x) log[#log + 1] = "t" .. x return x end
local function f(x) log[#log + 1] = "f" .. x return nil end
local function n(x) log[#log + 1] = "n" .. x return false end
local _ = t(1) and f(2) and t(3)
_ = f(4) or t(5) or f(6)
_ = (t(7) or f(8)) and (n(9) or t(10))
_ = t(11) and (f(12) or n(13)) or t(14)
_ = not (t(15) and n(16)) and t(17)
if n(18) or t(19) and f(20) or t(21) then log[#log + 1] = "then" end
while f(22) do end
repeat until t(23) or f(24)
print(table.concat(log, " "))
