-- `_ENV` is a variable like any other, and never a compile-time constant.
local print = print
local function with(_ENV)
  x = print
  return function() return x end
end
do
  local _ENV <const> = nil
  y = 1
end
_ENV = with
