-- __concat works pairwise from the right, with strings and numbers on either side.
local mt = {}
mt.__concat = function(a, b)
  local function text(x) return type(x) == "table" and x.text or "'" .. x .. "'" end
  return setmetatable({ text = "(" .. text(a) .. text(b) .. ")" }, mt)
end
local o = setmetatable({ text = "o" }, mt)
print((o .. "x").text, ("x" .. o).text, (1 .. o).text, (o .. 2).text, (o .. o).text)
print(("a" .. "b" .. o .. "c" .. "d").text, (o .. "a" .. o .. "b").text, (1 .. 2 .. o .. 3.5).text)
print(pcall(function() return o .. nil end))
print(pcall(function() return {} .. "x" end))
local s = o
for i = 1, 4 do s = i % 2 == 0 and s .. i or i .. s end
print(s.text)
