-- A constructor with more positions than one instruction can hold.
local source = { "return {" }
for i = 1, 1000 do source[#source + 1] = i .. "," end
source[#source + 1] = "x = 'name', 1001, f() }"
local t = load(table.concat(source, " "), "big", "t", { f = function() return 1002, 1003 end })()
print(#t, t[1], t[50], t[51], t[500], t[1000], t[1001], t[1002], t[1003], t.x)
local sum = 0
for _, v in ipairs(t) do sum = sum + v end
print(sum)
