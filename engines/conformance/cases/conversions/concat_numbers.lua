-- Numbers in a concatenation print as tostring would print them.
print(1 .. "", 1.0 .. "", 1.5 .. "|" .. 2, 1 .. 2, -1 .. "", 2^53 .. "", 1e100 .. "")
local text = ""
for i = 1, 5 do text = text .. i .. "," .. i / 2 .. ";" end
print(text)
print(pcall(function() return 1 .. {} end))
print(pcall(function() return nil .. "x" end))
print(pcall(function() return "x" .. true end))
