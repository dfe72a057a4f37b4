-- A strict _ENV turns a misspelt global into an error.
setmetatable(_G, {
  __index = function(_, name) error("undeclared variable " .. name, 2) end,
  __newindex = function(_, name) error("assignment to undeclared " .. name, 2) end,
})
print(pcall(function() return misspelt end))
print(pcall(function() misspelt = 1 end))
rawset(_G, "declared", 5)
print(declared)
print(pcall(function() declared = declared + 1 return declared end))
