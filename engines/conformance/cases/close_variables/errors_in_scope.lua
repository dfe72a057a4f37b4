-- <close> variables and errors: order, replaced errors, values that cannot be closed, handlers of xpcall.
local log = {}
local function closer(n) return setmetatable({n}, {__close = function(s, e) log[#log + 1] = n .. ":" .. tostring(e) end}) end
local function show(...) print(table.concat(log, " "), ...) log = {} end
-- errors in the middle
show(pcall(function()
  local a <close> = closer("e1")
  local b <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = "b:" .. tostring(e) error("eb", 0) end})
  local d <close> = closer("e3")
  error("first", 0)
end))
show(pcall(function()
  local a <close> = closer("e1")
  local b <close> = setmetatable({}, {__close = function(_, e) error("eb", 0) end})
  local d <close> = closer("e3")
  return 1
end))
-- error in marking closes the others
show(pcall(function() local a <close> = closer("m") local b <close> = {} end))
show(pcall(function() local a <close> = closer("m") local b <const>, d <close> = 1, 42 end))
-- deep
local function deep(n) local a <close> = n > 0 and closer(n) or nil if n == 0 then error("deep", 0) end return deep(n - 1) end
show(pcall(deep, 5))
local function count(n) local a <close> = setmetatable({}, {__close = function() end}) if n > 0 then return 1 + count(n - 1) end return 0 end
print(count(10000))
-- xpcall handler inside close
show(xpcall(function() local a <close> = setmetatable({}, {__close = function(_, e) error(tostring(e) .. "+close", 0) end}) error("z", 0) end, function(m) return "H(" .. tostring(m) .. ")" end))
