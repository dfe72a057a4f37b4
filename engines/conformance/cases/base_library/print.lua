-- print separates by tabs, uses tostring and takes any number of arguments.
print()
print(nil, true, 1, 1.0, "text", "")
print(1, nil)
print((print("inner")))
print(setmetatable({}, { __tostring = function() return "object" end }), "a\0b" == "a\0b")
print(pcall(print, setmetatable({}, { __tostring = function() return nil end })))
print(("x"):rep(3), "tab\tinside", "newline\ninside")
local function f() return 1, 2 end
print(f(), f())
