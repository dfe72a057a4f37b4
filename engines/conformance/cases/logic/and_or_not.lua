-- and and or give one of their operands; only nil and false are false.
print(nil and 1, false and 1, 0 and 1, "" and 1, 1 and nil, 1 and false)
print(nil or 1, false or 1, 0 or 1, nil or false, false or nil, "x" or error("not evaluated"))
print(not nil, not false, not 0, not "", not not nil, not not 1)
print(1 and 2 and 3, nil or false or 3, 1 and nil or "else", false and error("not evaluated"))
print(1 == 1 and "yes" or "no", 1 == 2 and "yes" or "no", (nil == false), 1 < 2 and 2 < 3)
local function f(x) return x and x.y and x.y.z or "none" end
print(f(), f({}), f({ y = {} }), f({ y = { z = 5 } }))
local a = nil
a = a or 10
a = a and a + 1
print(a, a == 11 and not (a > 11))
