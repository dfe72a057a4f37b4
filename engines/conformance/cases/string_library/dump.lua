-- string.dump gives text that load takes back.
local f = load(string.dump(function(a, b) return a * b end), "dumped", "b")
print(f(6, 7))
