-- limits: seconds=20 memory=500000000 slow=1 | ends: 0
-- What is long without being nested compiles, or is refused with a message.
local n = 50000
local function run(source)
  local f, message = load(source)
  if f then f() else assert(#message < 1000, message) end
end
run("local a = 0 a = a " .. ("+ a "):rep(n))
run("local a = {} a.b = a a = a" .. (".b"):rep(n))
run("local function f() return f end f = nil")
run("local s = '' s = s:rep(1)" .. (":rep(1)"):rep(n))
run("if false then " .. ("elseif false then "):rep(n) .. "end")
run("local t = {" .. ("1,"):rep(n) .. "}")
run("local t = {" .. ("a=1,"):rep(n) .. "}")
run("print" .. "(" .. ("1,"):rep(200) .. "1)" .. (" "):rep(n))
run(("a = 1 "):rep(n))
run(("goto l%d ::l%d:: "):rep(100):gsub("%%d", "x") .. "")
