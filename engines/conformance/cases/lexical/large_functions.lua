-- Jumps over long bodies, deep nesting, and long if-chains.
local lines = { "local n, s = ..., 0", "for i = 1, 3 do", "if i == n then goto skip end" }
for i = 1, 3000 do lines[#lines + 1] = "s = s + i * " .. i % 7 end
lines[#lines + 1] = "::skip:: end return s"
local f = load(table.concat(lines, "\n"))
print(f(0), f(1), f(2), f(3))
local chain = { "local x = ... " }
for i = 1, 500 do chain[#chain + 1] = ("%s x == %d then return %d "):format(i == 1 and "if" or "elseif", i, i * i) end
chain[#chain + 1] = "else return 'none' end"
local g = load(table.concat(chain))
print(g(1), g(250), g(500), g(501))
local nested = ("do local a = 1 "):rep(80) .. "x = a" .. (" end"):rep(80)
load(nested)()
print(x)
local condition = load("local a, b = ... return " .. ("(a and "):rep(60) .. "b" .. (")"):rep(60))
print(condition(true, "end"), condition(false, "end"), condition(nil, 1))
