-- Where the closing of <close> variables stands, as error levels and tracebacks tell.
local function closer(n) return setmetatable({}, {__close=function(_, e) error("in "..n, 2) end}) end
print(pcall(function()
  do
    local a <close> = closer("a")
    local z = 1

  end
end))
print(pcall(function()
  do
    local a <close> = closer("a")
    local z = 1

    do
    return z
    end

  end
end))
print(pcall(function()
  while true do
    local a <close> = closer("a")
    local z = 1

    if z then
      break
    end

  end
end))
print(pcall(function()
  for i = 1, 2 do
    local a <close> = closer("a")
    local z = 1
    goto cont

    ::cont::
  end
end))
print(pcall(function()
  for i in next, {1}, nil,
     closer("a") do
    local z = 1

  end

end))
print(pcall(function()
  for i in next, {1}, nil,
     closer("a") do
    local z = 1
    do 
      break
    end
  end

end))
print(pcall(function()
  local x <close> = setmetatable({}, {__close=function() end})
  getmetatable(x).__close = nil
end))
print(pcall(function()
  local x <close> = setmetatable({}, {__close=function() end})
  getmetatable(x).__close = nil
  error("y")
end))
print(pcall(function() for i in next, {}, nil, 5 do end end))
local co = coroutine.create(function() local x <close> = setmetatable({}, {__close=function() print"closed" end}); local y = nil + 1 end)
print(coroutine.resume(co)) collectgarbage(); print(coroutine.close(co))
local co = coroutine.create(function() local x <close> = setmetatable({}, {__close=function() print"closed" end}); local y = nil + 1 end)
print(coroutine.resume(co)) collectgarbage(); print(debug.traceback(co)) print(coroutine.close(co), coroutine.status(co))
print(pcall(function()
  local a <close> = setmetatable({}, {__close=function(_, e) print(debug.traceback("tb")) end})
  return 1
end))
print(pcall(function()
  local a <close> = setmetatable({}, {__close=function(_, e) print(debug.traceback("tb")) end})
  error("boom")
end))
print(pcall(function()
  repeat local a <close> = closer("a")
    local z = 1
  until
    z

end))
