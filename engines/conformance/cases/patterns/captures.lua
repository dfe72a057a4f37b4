-- Captures: nested, of positions, of nothing, referred to, and too many.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
print(("hello world"):match("((%w+) (%w+))"))
print(("hello"):match("()ll()"), ("hello"):match("()"), ("hello"):find("()", 6), (""):match("()"))
print(("abc"):match("(a)(b)(c)"), ("abc"):match("(x*)(a)"), ("abc"):find("(b)(c)"), ("abc"):find("b()"))
print(([["it's" 'x']]):match([[(["'])(.-)%1]]), ("abab"):find("(ab)%1"), ("abcabd"):find("(%w%w)%w%1"), ("aa"):find("(a)%1%1"))
print(("x"):match("()%1"), ("ab"):match("(a)(b)%2"), ("abb"):match("(a)(b)%2"))
print(#{ ("x"):rep(32):match(("(x)"):rep(32)) })
print(try(string.match, ("x"):rep(33), ("(x)"):rep(33)))
print(pcall(string.match, "abc", "(a"))
print(pcall(string.match, "abc", "a)b."))
print(pcall(string.match, "abc", "%1"))
print(pcall(string.match, "abc", "(a)%2"))
print(pcall(string.match, "abc", "(a%1)"))
print(pcall(string.match, "abc", "%0"))
