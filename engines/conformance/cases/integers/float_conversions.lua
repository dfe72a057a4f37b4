-- Where an integer is wanted, a float serves only if its value is integral and in range.
local t = { "a", "b", "c" }
print(t[1.0], t[2.0], t[3.5], #t)
print(("x"):rep(3.0), select(2.0, "p", "q"), math.tointeger(3.0), math.tointeger(3.5), math.tointeger(2^63))
print(math.tointeger("8"), math.tointeger("x"), math.tointeger({}))
print(pcall(string.rep, "x", 1.5))
print(pcall(string.rep, "x", 2^63))
print(pcall(string.rep, "x", "2"))
print(1e15 // 1, 2^53 // 1 | 0, -(2^63) // 1 | 0)
print(3 | 0, 3.0 | 0, math.type(3.0 | 0), math.type(3 // 1.0), math.type(4 / 2), math.type(2^2))
