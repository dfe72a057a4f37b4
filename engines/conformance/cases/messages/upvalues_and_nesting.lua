-- The names of upvalues of upvalues, of shadowed locals and of loop variables.
local outer
local function try(f) print(select(2, pcall(f))) end
try(function() return (function() return outer.x end)() end)
try(function() return (function() return (function() outer() end)() end)() end)
try(function()
  local shadow = 1
  do
    local shadow = nil
    shadow.x = 1
  end
end)
try(function() for i = 1, 3 do i.x = 1 end end)
try(function() for k, v in pairs { a = 1 } do v.x = k end end)
try(function() for _, f in ipairs { 5 } do f() end end)
try(function() local a, b, c = 1, 2; return a + b + c end)
try(function() local self = {}; return self:get() end)
local function recursive(n) if n == 0 then return missing.field end return (recursive(n - 1)) end
try(function() recursive(3) end)
