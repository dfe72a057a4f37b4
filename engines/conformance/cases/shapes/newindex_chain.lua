-- A __newindex table has a metatable of its own.
local base = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, "base:" .. v) end })
local middle = setmetatable({}, { __newindex = base })
local top = setmetatable({}, { __newindex = middle })
top.x = "1"
print(rawget(top, "x"), rawget(middle, "x"), rawget(base, "x"))
top.x = "2"
print(rawget(base, "x"))
rawset(top, "x", "own")
top.x = "3"
print(top.x, rawget(base, "x"))
