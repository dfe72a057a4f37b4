-- <close> variables with goto, break, labels and the condition of repeat, which is in their scope.
local log = {}
local function closer(n) return setmetatable({n}, {__close = function(s, e) log[#log + 1] = n .. ":" .. tostring(e) end}) end
local function show(...) print(table.concat(log, " "), ...) log = {} end
-- labels
do
  local n = 0
  ::top::
  local a <close> = closer("a" .. n)
  n = n + 1
  if n < 3 then goto top end
end
show()
for i = 1, 3 do
  if i == 2 then goto continue end
  local a <close> = closer("l" .. i)
  if i == 3 then goto continue end
  log[#log + 1] = "body" .. i
  ::continue::
end
show()
-- repeat
local i = 0
repeat
  i = i + 1
  local a <close> = closer("r" .. i)
  local done = i >= 3
  local b <close> = closer("q" .. i)
  if i == 2 then goto cont end
  log[#log + 1] = "x"
  do goto cont end
  ::cont::
until (function() log[#log + 1] = "cond" return i >= 3 end)()
show(i)
repeat local a <close> = closer("k") if true then break end until false
show()
