-- type of every kind of value, and its error.
print(type(nil), type(true), type(1), type(1.5), type("x"), type({}), type(print), type(function() end))
print(type(type), type(type(1)), pcall(type))
print(type(_G), type(_VERSION), type(0/0), type(("x").rep))
