-- error adds the position of the level that it is given.
local function at0() error("level 0", 0) end
local function at1() error("level 1") end
local function at2() error("level 2", 2) end
local function outer()
  at2()
end
print(pcall(at0))
print(pcall(at1))
print(pcall(outer))
print(pcall(function() error("here", 1) end))
print(pcall(function()
  local function inner() error("two up", 3) end
  local function middle() inner() end
  middle()
end))
print(pcall(error, "no position from C", 1))
print(pcall(function() error("far", 50) end))
print(pcall(function() error({ "tables get no position" }, 1) end) == false)
