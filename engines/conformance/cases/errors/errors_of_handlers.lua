-- A handler that fails is called for its own error, until that is a C stack overflow and then one in error handling.
local function fails(f)
  local calls, first = 0, nil
  local function handler(message)
    calls = calls + 1
    if not first and tostring(message):find("overflow") then first = message end
    return f(message)
  end
  local ok, message = xpcall(error, handler, "x")
  print(ok, message, first, calls > 150)
end
local function all(where)
  print(where)
  fails(error)
  fails(function() error("again") end)
  fails(function() coroutine.yield() end)
  fails(function() return nil + 1 end)
  fails(function(message) if message:find("overflow") then return message .. "!" end error("again") end)
  fails(function(message) if message:find("overflow") then return message .. "!" end coroutine.yield() end)
  fails(function(message) if message:find("again") then return message .. "!" end error("again") end)
end
all("main")
coroutine.wrap(function() all("coroutine") end)()
coroutine.wrap(function() coroutine.wrap(function() pcall(all, "inside") end)() end)()
