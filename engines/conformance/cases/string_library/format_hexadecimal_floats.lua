-- %a writes a float in base sixteen, exactly, and %q uses it for fractions.
print(string.format("%a|%a|%A|%20a|%-20a|%+a", 1, 0.5, 255.5, 1, 1, 1))
print(string.format("%a %a %a", 1/0, -1/0, -0.0))
for _, v in ipairs { 1.5, 0.1, -2.25, 1e300, 5e-324, 2^53, 1/3 } do
  local text = string.format("%q", v)
  print(text)
  assert(load("return " .. text)() == v and tonumber(text) == v)
end
