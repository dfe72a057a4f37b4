-- limits: seconds=60 memory=2000000000 slow=1 | ends: 0
-- Functions of a million lines.
local function run(first, line, count, last)
  local f = assert(load(first .. "\n" .. (line .. "\n"):rep(count) .. last))
  local result = f()
  f = nil
  collectgarbage()
  return result
end
assert(run("local x = 0", "x = x + 1", 1000000, "return x") == 1000000)
assert(run("x = 0", "x = x + 1", 1000000, "return x") == 1000000)
assert(run("local n = 0 local function f() n = n + 1 end", "f()", 1000000, "return n") == 1000000)
assert(run("local t, i = {}, 1", "t[i] = i", 1000000, "return #t") == 1)
assert(run("local t = {n = 0}", "t.n = t.n + 1", 500000, "return t.n") == 500000)
assert(run("local x = 0", "if x then x = x + 1 end", 500000, "return x") == 500000)
assert(run("local x = 0", "for i = 1, 1 do x = x + i end", 300000, "return x") == 300000)
assert(run("local x", "x = function() return x end", 100000, "return x()") ~= nil)
assert(run("local x", "do local y = {x, n = x} x = y.n end", 300000, "return x") == nil)
assert(run("local x", "", 1000000, "return 1") == 1)
local jumps = {}
for i = 1, 500000 do jumps[i] = "goto l" .. i .. " ::l" .. i .. "::\n" end
local f, message = load(table.concat(jumps))
assert(not f and message:find("too many labels/gotos", 1, true), message)
