-- An _ENV that cannot be indexed makes every global access an error that names the variable.
local print, pcall = print, pcall
print(pcall(function() local _ENV = nil return x end))
print(pcall(function() local _ENV = 5 x = 1 end))
print(pcall(function() local _ENV <const> = {} return x.y end))
local function f() local _ENV = "str" return len end
print(f() == ("").len)
