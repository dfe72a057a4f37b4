-- Library functions are values like any other.
local fs = { string.upper, string.lower, string.len, function(s) return s .. s end }
for i, f in ipairs(fs) do io.write(i, "=", f("Abc"), " ") end
print()
local upper = ("x").upper
print(upper("local"), (math.max)(1, 2), ({ f = math.min }).f(3, 2))
print(pcall(pcall, pcall, error, "e"))
print(pcall(string.rep, "ab", 3))
