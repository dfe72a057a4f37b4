-- limits: seconds=10 memory=100000000 | ends: 0
-- Patterns that recurse end in an error of the matcher.
local ok, message = pcall(string.find, ("x"):rep(300000), (".-"):rep(300000))
assert(not ok or message == 1, message)
ok, message = pcall(string.find, ("("):rep(300000), ("%("):rep(300000))
ok, message = pcall(string.match, "x", ("()"):rep(33))
assert(not ok and message:find("too many captures", 1, true), message)
ok, message = pcall(string.find, ("a"):rep(300000), ("a?"):rep(300000) .. "b")
assert(not ok or message == nil, message)
assert(not pcall(string.rep, "%b()", -1) or true)
assert(("("):rep(10000):find("%b()") == nil)
