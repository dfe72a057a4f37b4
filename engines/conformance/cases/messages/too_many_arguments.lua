-- More arguments than registers are refused when a chunk is loaded.
local function try(count)
  local f, message = load("local function f(...) return select('#', ...) end a = f(x" .. (",x"):rep(count - 1) .. ")")
  print(f ~= nil, message and message:match(":1: (.*)"))
end
try(200)
try(260)
