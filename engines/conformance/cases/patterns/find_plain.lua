-- Plain search: of bytes that mean something in patterns, from every start, at every length.
print(("a.b"):find(".", 1, true), ("a+b"):find("+b", 1, true), ("[%a]"):find("%a", 1, true), ("a"):find("", 1, true), (""):find("", 1, true))
print(("a.b"):find(".", 1, false), ("a.b"):find(".", 1, nil), ("a.b"):find("b", -1, 0), ("abc"):find("c", 4, true), ("abc"):find("", 4, true))
print(("abc"):find("", 5, true), ("a\0b\0c"):find("\0c"), ("aab"):find("ab"), ("aaab"):find("aab"), ("abc"):find("abcd"))
local text = ("x"):rep(50) .. "needle" .. ("n"):rep(50) .. "needl" .. "needle"
for init = 1, #text, 9 do io.write(init, ":", tostring(text:find("needle", init)), " ") end
print()
-- Every offset within a few machine words.
local misses = 0
for before = 0, 40 do
  for after = 0, 20, 5 do
    local s = ("a"):rep(before) .. "b" .. ("a"):rep(after)
    if s:find("b", 1, true) ~= before + 1 or s:find("c", 1, true) then misses = misses + 1 end
  end
end
print(misses, ("\127\128\129"):find("\128"), ("\0\1\2"):find("\1"), ("\255"):rep(9):find("\254"))
