-- Positions from both ends, and those that are out of bounds.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local text = "a\u{e4}\u{20ac}\u{1f600}z"
for n = -7, 7 do
  io.write(n, " ", tostring(utf8.offset(text, n)))
  for _, i in ipairs { 1, 2, 4, 11, 12, -1, -2 } do
    local ok, position = pcall(utf8.offset, text, n, i)
    io.write(" ", ok and tostring(position) or "error")
  end
  print()
end
for _, bounds in ipairs { { 0 }, { 1 }, { 3 }, { 12 }, { 13 }, { -1 }, { -2 }, { -12 }, { 1, 0 }, { 2, 1 }, { 1, 12 }, { 1, -13 }, { 5, 3 } } do
  print(bounds[1], bounds[2], pcall(utf8.len, text, bounds[1], bounds[2]))
  print(pcall(utf8.codepoint, text, bounds[1], bounds[2]))
end
print(try(utf8.offset, text, 1, 13), try(utf8.offset, text, 1, 3), try(utf8.offset, text), try(utf8.len), select("#", utf8.codes(5, true)))
print(utf8.charpattern == "[\0-\x7F\xC2-\xFD][\x80-\xBF]*", select(2, text:gsub(utf8.charpattern, "")))
local iterate, subject, start = utf8.codes("ab")
print(subject, start, iterate(subject, 0), iterate(subject, 1), iterate(subject, 2), pcall(iterate))
