-- xpcall calls its handler where the error was raised.
print(xpcall(function() error("e", 0) end, function(m) return "handled " .. m end))
print(xpcall(function(...) return select("#", ...), ... end, print, 1, nil, 3))
print(xpcall(function() local x = nil; return x.y end, function(m) return type(m), "second" end))
print((xpcall(error, function() error("in handler") end)))
