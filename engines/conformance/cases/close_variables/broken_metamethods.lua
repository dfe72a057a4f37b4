-- Metamethods that have changed or gone when a variable is closed.
local function func2close(f) return setmetatable({}, {__close=f}) end
  local function foo ()
    local a1 <close> = func2close(function (_, msg)
      print("a1", msg)
      error(12)
    end)
    local a2 <close> = setmetatable({}, {__close = print})
    local a3 <close> = func2close(function (_, msg)
      print("a3", msg)
      error(123)
    end)
    getmetatable(a2).__close = 4   -- invalidate metamethod
  end
  print(pcall(foo))
do
  local function foo ()
    local xyz <close> = setmetatable({}, {__close = print})
    getmetatable(xyz).__close = nil   -- remove metamethod
  end
  local stat, msg = pcall(foo)
  print(stat, msg)
end
local function foo (...)
    local x123 <close> = func2close(function () error("@x123") end)
  end
  print((select(2, xpcall(foo, debug.traceback)):gsub("\n%s*%[C%]: in %?", "")))
