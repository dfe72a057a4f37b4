-- * + - ? take as much or as little as the rest allows.
for _, pattern in ipairs { "a*", "a+", "a-", "a?", "a*b", "a+b", "a-b", "a?b", "a*a", "a+a", "a-$", ".*", ".-", ".-b", ".*b",
                           "x*", "x?", "x-", "x+", "a*?", "a+*", "%a*", "[ab]*c", "[ab]-c", "^a*$", "a?a?a?a?a?" } do
  print(pattern, ("aaabc"):find(pattern))
end
print(("<a><b>"):match("<(.-)>"), ("<a><b>"):match("<(.*)>"))
print((" x "):match("^%s*(.-)%s*$") .. "|", ("key=val=x"):match("^(.-)=(.*)$"))
-- A quantifier with nothing before it, or after an item that takes none, is a character.
print(("*a"):find("*a"), ("+"):find("^+"), ("a)-"):match("a%)-"), ("aa"):match("()a*()"), ("(a)*"):find("(a)*"))
print((("x"):rep(100000) .. "y"):find("x*y"), (("x"):rep(100000) .. "y"):find("x-y"))
