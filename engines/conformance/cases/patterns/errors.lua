-- What is malformed is an error only where the match reaches it.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
for _, pattern in ipairs { "%", "a%", "ab%", "x%", "[a", "a[", "x[a", "(", "a(", ")", "a).", "%b", "%g(", "^%", "(()", "(a))", "%1", "a%9" } do
  print(pattern, pcall(string.find, "abc", pattern))
end
print(try(string.find, "", "%"), try(string.gsub, "", "%", ""), try(string.match, "", "["))
print(try(string.find), try(string.find, "x"), try(string.find, {}, "x"), try(string.find, "x", true))
print(try(string.find, "x", "x", "y"), try(string.find, "x", "x", 1.5), try(string.find, 123, 2))
print(try(string.gmatch, "x"), try(string.gmatch, "x", "x", {}), try(string.gsub, "x", "x"))
print(try(string.gsub, "x", "x", true), try(string.gsub, "x", "x", "y", "z"), try(string.gsub, "x", "x", nil))
