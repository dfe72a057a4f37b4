-- Concatenation is right associative and binds looser than arithmetic, tighter than comparison and shifts.
print("a" .. "b" .. "c", 1 .. 2 .. 3, "x" .. 1 + 2, 2 .. 3 == "23", -1 .. "", "a" .. 2^2)
local parts = {}
local s = ""
for i = 1, 300 do
  s = s .. i % 10
  if i % 100 == 0 then parts[#parts + 1] = #s end
end
print(table.concat(parts, " "), s:sub(1, 12), s:sub(-12))
local a, b, c, d, e = "v", 1, "w", 2.5, "x"
print(a .. b .. c .. d .. e, a .. (b .. (c .. d)) .. e, (a .. b) .. (c .. d))
print(("ab"):rep(3) .. ("-"):rep(2) .. "" .. "end")
