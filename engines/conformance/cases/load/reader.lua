-- load takes its text piece by piece from a function.
local pieces = { "ret", "urn ", "1", "0 + ", "5" }
local i = 0
print(load(function() i = i + 1 return pieces[i] end)())
print(load(function() return nil end)())
local once = true
print(load(function() if once then once = false return "return 'one piece'" end return "" end)())
local digits = 3
print(load(function() digits = digits - 1 return digits >= 0 and (digits == 2 and "return " or digits) or nil end)())
print(pcall(load, function() return {} end))
print(pcall(load, function() error("reader broke", 0) end))
local n = 0
local f, message = load(function() n = n + 1 if n < 4 then return "x = \n" end end, "=pieces")
print(f, message)
