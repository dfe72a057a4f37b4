-- More constants than a small operand can number.
local lines = { "local t, s = {}, 0" }
for i = 1, 400 do
  lines[#lines + 1] = ("t.f%d = %d.25; s = s + t.f%d - %d.25 + %d"):format(i, i, i, i, i)
end
lines[#lines + 1] = "return s, t.f1, t.f256, t.f400, s == 80200.0, t.f300 < 300.5, 1 ~ (2 or 3)"
print(load(table.concat(lines, "\n"))())
