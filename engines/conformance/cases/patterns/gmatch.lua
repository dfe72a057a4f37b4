-- string.gmatch: a start, empty matches, positions, and no anchor.
local function all(s, pattern, init)
  local found = {}
  for a, b in s:gmatch(pattern, init) do found[#found + 1] = tostring(a) .. (b and "/" .. tostring(b) or "") end
  return pattern, init, table.concat(found, ",")
end
print(all("one two  three", "%a+"))
print(all("one two  three", "%a*"))
print(all("one two  three", "()%a+()"))
print(all("k=v, x=y", "(%w+)=(%w+)"))
print(all("abc", ""))
print(all("abc", "()"))
print(all("aXbX", ".-X"))
print(all("^a^a", "^a"))
print(all("abab$", "b$"))
for init = -6, 7 do print(all("hello", "l?", init)) end
print(pcall(all, "abc", "("))
-- The iterator keeps its strings and its place.
local next_word = ("a b c"):gmatch("%a")
print(next_word(), next_word("ignored", 1), next_word(), next_word(), next_word())
local words = {}
for word in (("word "):rep(2000)):gmatch("%a+") do words[#words + 1] = word .. #words end
print(#words, words[1], words[2000])
local function count(s, pattern) local n = 0 for _ in s:gmatch(pattern) do n = n + 1 end return n end
print(count("", "x*"), count("", "x+"), count(("ab"):rep(1000), "ab"), count("a\0b\0", "%z"))
