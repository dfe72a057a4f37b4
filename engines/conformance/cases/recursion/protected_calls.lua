-- Protected calls inside each other end in an error of their own, long before the stack is full.
local levels
local function check(ok, message)
  print(ok, type(message) == "string" and message:find("C stack overflow", 1, true) ~= nil, levels > 150 and levels < 250)
end

local function by_pcall() levels = levels + 1 assert(pcall(by_pcall)) end
levels = 0
check(pcall(by_pcall))

local function by_xpcall() levels = levels + 1 assert(xpcall(by_xpcall, function(m) return m end)) end
levels = 0
check(pcall(by_xpcall))

local function by_gsub() levels = levels + 1 return (("x"):gsub("x", by_gsub)) end
levels = 0
check(pcall(by_gsub))

local function by_sort() levels = levels + 1 table.sort({2, 1}, by_sort) end
levels = 0
check(pcall(by_sort))

local function by_coroutine() levels = levels + 1 return (coroutine.wrap(by_coroutine)()) end
levels = 0
check(pcall(by_coroutine))

-- The handler of the innermost call sees the error, and it can be handled again.
for i = 1, 3 do
  levels = 0
  local ok, message = xpcall(by_pcall, function(m) return "handled: " .. tostring(m) end)
  print(ok, message:sub(1, 9), message:find("stack overflow", 1, true) ~= nil)
end
