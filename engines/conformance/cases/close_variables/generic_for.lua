-- The closing value of a generic for, whichever way the loop is left.
local log = {}
local function closer(n) return setmetatable({n}, {__close = function(s, e) log[#log + 1] = n .. ":" .. tostring(e) end}) end
local function show(...) print(table.concat(log, " "), ...) log = {} end
-- generic for
local function iter(n, cl) local i = 0 return function() i = i + 1 if i <= n then return i end end, nil, nil, cl end
for i in iter(2, closer("it")) do log[#log + 1] = i end show()
for i in iter(2, closer("it")) do if i == 1 then break end end show()
local function r() for i in iter(3, closer("it")) do if i == 2 then return i, "two" end end end
show(r())
show(pcall(function() for i in iter(2, closer("it")) do error("in loop", 0) end end))
for i in iter(2, false) do end
for i in iter(2, closer("o")) do for j in iter(2, closer("p")) do if j == 2 then goto out end end end ::out::
show()
