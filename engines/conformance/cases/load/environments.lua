-- load with an environment: names are its fields.
local env = { print = print, x = 10 }
load("y = x * 2 print(x, y)", "=env", "t", env)()
print(env.y, y)
local g = load("x = (x or 0) + 1 return x", "=g", "t", {})
print(g(), g(), x)
print(pcall(load("return missing.field", "=nil", "t", {})))
print(pcall(load("x = 1", "=no", "t", nil)))
print(load("return _ENV", "=e", "t", env)() == env, load("return _ENV")() == _G)
print(load("local _ENV = { v = 'inner' } return v", "=i", "t", env)())
