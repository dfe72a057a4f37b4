-- A yield crosses pcall, xpcall and __close, and each ends as if there had been none.
local meta = { __close = function(_, error) coroutine.yield("close " .. tostring(error)) end }
local function object() return setmetatable({}, meta) end

local function drive(name, body)
  local co = coroutine.create(body)
  local seen, reply = {}, nil
  for step = 1, 100 do
    local result = table.pack(coroutine.resume(co, reply))
    if coroutine.status(co) == "dead" then
      print(name, table.concat(seen, ","), table.unpack(result, 1, result.n))
      return
    end
    seen[#seen + 1] = tostring(result[2])
    reply = step
  end
end

drive("pcall", function() return pcall(function() return coroutine.yield("in") end) end)
drive("pcall error", function() return pcall(function() coroutine.yield("in") error("out", 0) end) end)
drive("xpcall", function()
  return xpcall(function(x) coroutine.yield(x) error("out", 0) end, function(m) return "handled " .. m end, "in")
end)
drive("nested pcall", function()
  return pcall(pcall, pcall, function() coroutine.yield("deep") error({}) end) == true
end)
drive("close", function() do local x <close> = object() end return "closed" end)
drive("close at return", function() local x <close> = object() return 1, coroutine.yield("before"), 3 end)
drive("close at error", function()
  return pcall(function()
    local x <close> = object()
    local y <close> = object()
    error("first", 0)
  end)
end)
drive("close replaces", function()
  return pcall(function()
    local x <close> = object()
    local y <close> = setmetatable({}, { __close = function() coroutine.yield("y") error("second", 0) end })
    error("first", 0)
  end)
end)
drive("close in loop", function()
  for i = 1, 2 do local x <close> = object() if i == 2 then break end end
  for _ in pairs({}), nil, nil, object() do end
  return "end"
end)
drive("tail call", function() return coroutine.yield("tail") end)
drive("wrapped", function()
  local inner = coroutine.wrap(function(x) local y = coroutine.yield(x) return "inner", y end)
  local first = inner("given")
  local again = coroutine.yield(first)
  return inner(again)
end)
drive("pairs", function()
  local t = setmetatable({}, { __pairs = function(t) coroutine.yield("pairs") return next, { 7, 8 }, nil end })
  local sum = 0
  for _, v in pairs(t) do sum = sum + v end
  return sum, select("#", pairs(t))
end)
