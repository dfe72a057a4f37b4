-- Concatenations of many operands of mixed types.
local a, b, c = "s", 1, 2.5
print(a .. b .. c .. a .. b .. c .. a .. b .. c .. a .. b .. c .. a .. b .. c .. a .. b .. c .. a .. b .. c .. a .. b)
local source = { "local x, y = ... return " }
for i = 1, 100 do source[#source + 1] = (i > 1 and " .. " or "") .. (i % 3 == 0 and "x" or i % 3 == 1 and "y" or '"."') end
local text = load(table.concat(source))("ab", 7)
print(#text, text:sub(1, 20))
local function f(n) return n .. ":" .. n * 2 .. ";" .. (n > 3 and "big" or "small") .. "|" end
print(f(1) .. f(2) .. f(3) .. f(4) .. f(5.5))
