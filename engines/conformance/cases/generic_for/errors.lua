-- Looping over something that cannot be called names it, and errors of the iterator come through.
print(pcall(function() for _ in nil do end end))
print(pcall(function() for _ in {} do end end))
print(pcall(function() for _ in 5 do end end))
print(pcall(function() for _ in pairs(nil) do end end))
print(pcall(function() for _ in ipairs() do end end))
print(pcall(function() for _ in function() error("inside", 0) end do end end))
local calls = 0
local ok, object = pcall(function()
  for _ in function() calls = calls + 1 if calls > 3 then error({ code = calls }) end return calls end do end
end)
print(ok, type(object), object.code, calls)
