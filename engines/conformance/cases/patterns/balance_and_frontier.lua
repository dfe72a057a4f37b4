-- %b pairs delimiters, %f finds where a set begins.
print(("f(a(b)c)d)"):match("%b()"), ("((x"):match("%b()"), ("x)"):find("%b()"), ("||a|"):find("%b||"), ("begin"):match("%bbn"))
print(("if (x) then (y)"):gsub("%b()", ""))
print(("\0a\1"):find("%b\0\1"))
print(("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), ("THE (quick) fox"):gsub("%f[%a]%a", string.lower))
print(("[x]"):find("%f[x]"), ("x"):find("%f[\0]"), ("x\0"):find("%f[\0]"), ("xx"):find("%f[%z]"), (""):find("%f[%z]"), (""):find("%f[^%z]"))
for _, pattern in ipairs { "%b", "%bx", "%f", "%fa", "%f[", "%f[a" } do
  print(pattern, pcall(string.find, "xay", pattern))
end
