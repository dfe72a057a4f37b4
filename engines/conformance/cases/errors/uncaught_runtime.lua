-- An uncaught error ends the program with its message.
print("before")
local t = { name = "t" }
local function f(x) return x.field.sub end
f(t)
print("never")
