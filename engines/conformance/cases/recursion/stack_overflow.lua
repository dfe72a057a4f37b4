-- Endless recursion is an error that can be caught, again and again.
local function endless(n) return 1 + endless(n + 1) end
for _ = 1, 3 do
  local ok, message = pcall(endless, 1)
  print(ok, message)
end
local calls = 0
local function count() calls = calls + 1 count() end
print((pcall(count)), calls > 10000)
local function wide(...) return 1 + wide(1, ...) end
print((pcall(wide)))
print(pcall(function() local function f() f() end return f() end) == false)
print("alive")
