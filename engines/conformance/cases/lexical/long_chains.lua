-- Operators, fields, calls and `elseif` in a row nest to the left without a limit, and compile and run at any length.
local count = 2500
local function run(before, link, behind)
  local f, message = load(before .. link:rep(count) .. behind, "=chain")
  if not f then return message end
  return f()
end
print(run("local x = 1 return x", " + x", ""), run("local x <const> = 2.5 return 0", " + x", ""))
print(run("x = 3 return x", " - x", " * x ^ x"), run("local x = 1 return x", " << x", " | x & x"))
print(run("local x return x", " or x", " or 'end'"), run("local x = 1 return x", " and x", " and 'end'"))
print(run("local x = 1 if x", " and x", " then return 'yes' end"), run("local x while x", " or x", " do end return 'no'"))
print(run("local x = 1 return x", " == x", ""), run("return 1", " ~= 1", ""))
local self = setmetatable({}, {
  __index = function(t) return t end,
  __call = function(t) return t end,
  __add = function(t, n) calls = (calls or 0) + n return t end,
  __lt = function() return true end,
})
function _G.m() return self end
_G.self = self
print(run("return self", ".a", "") == self, run("return self", "[x]", " == self"), run("return self", "()", " == self"))
print(run("return self", ":m()", " == self"), run("return self", "''", " == self"), run("return self", "{}", " == self"))
print(run("self", "()", " return 'called'"), run("self", ".a", ".b = 1 return rawget(self, 'b')"))
print(run("return self", " + 1", " == self"), calls, run("return (self < self)", " and self < self", ""))
print(run("local a = 1 return a", " + a * a - a // a", " .. 'x'"), run("return self", ".b[x]:c(1) + 1", " == self"))
print(run("local x = ", "", "0 if x == 1 then return 1 " .. ("elseif x == 2 then return 2 "):rep(count) .. "else return 3 end"))
print(run("local n = 0 ", "if n < 0 then return n end n = n + 1 ", "return n"))
-- Errors in the middle name what they hit.
print(pcall(load("local t = { a = { b = {} } } return t.a.b" .. (".c"):rep(count), "=chain")))
print(pcall(load("local x = 1 return x" .. (" + x"):rep(count) .. " + y", "=chain")))
print(pcall(load("local f = print return f(" .. ("1, "):rep(50) .. "2)" .. "()" .. (".x"):rep(count), "=chain")))
-- A function inside a long chain, and a chain inside each link.
local deep = "(x" .. (" + x"):rep(200) .. ")"
print(load("local x = 1 return x" .. (" + " .. deep):rep(100))(), load("return function(a) return a" .. (" + (function() return a end)()"):rep(300) .. " end")()(2))
