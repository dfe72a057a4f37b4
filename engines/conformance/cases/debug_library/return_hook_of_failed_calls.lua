-- A return hook that looks at the frames while `pcall`, `xpcall` and `coroutine.resume` return an error.
local levels = {}
local function hook()
  local count = 0
  while debug.getinfo(count + 2, "S") do count = count + 1 end
  levels[#levels + 1] = count
  local text = debug.traceback("hook", 2)
  assert(text:find("stack traceback:", 1, true))
  collectgarbage()
end
local function watched(f, ...)
  levels = {}
  debug.sethook(hook, "r")
  local ok, message = f(...)
  debug.sethook()
  print(ok, type(message) == "table" and message.text or message, #levels > 0, levels[#levels] < 10)
end
local function fail() error({ text = "failed" }) end
watched(pcall, fail)
watched(pcall, error, "plain")
watched(pcall, pcall, error)
watched(xpcall, fail, function(e) return { text = e.text .. " and handled" } end)
watched(coroutine.resume, coroutine.create(fail))
watched(coroutine.resume, coroutine.create(function() error(("made "):rep(3), 0) end))
watched(coroutine.resume, 5 > 3 and coroutine.running())
watched(pcall, coroutine.wrap(fail))
print(pcall(error, 0))
