-- limits: seconds=10 memory=1500000000 | ends: 0
-- A million of everything that nests ends in an error of the parser.
local n = 1000000
for _, source in ipairs {
  "return " .. ("("):rep(n) .. "1" .. (")"):rep(n),
  "return " .. ("{"):rep(n) .. ("}"):rep(n),
  "return " .. ("not "):rep(n) .. "1",
  "return " .. ("- "):rep(n) .. "1",
  "return " .. ("f("):rep(n) .. (")"):rep(n),
  "return " .. ("a["):rep(n) .. "1" .. ("]"):rep(n),
  "return " .. ("a .. "):rep(n) .. "a",
  "return " .. ("1 ^ "):rep(n) .. "1",
  ("do "):rep(n) .. ("end "):rep(n),
  ("if a then "):rep(n) .. ("end "):rep(n),
  ("function f() "):rep(n) .. ("end "):rep(n),
} do
  local f, message = load(source)
  assert(not f, "it was compiled")
  assert(#message < 1000, message)
end
