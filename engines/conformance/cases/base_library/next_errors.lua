-- next and the iterators with keys and values that are not there.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
print(try(next), try(next, "x"), try(next, {}, "missing"), try(next, {}, 1.5), try(next, {}, 0/0), try(next, { x = 1 }, "y"))
print(next({}), next({}, nil), next({ 10 }), next({ 10 }, 1), next({ x = 5 }), next({ x = 5 }, "x"))
print(try(pairs), try(ipairs), select("#", pairs {}), select("#", ipairs {}))
print(try(function() for _ in pairs(5) do end end), try(function() for _ in ipairs(5) do end end))
local squares = setmetatable({}, { __index = function(_, i) return i < 4 and i * i or nil end })
for i, v in ipairs(squares) do io.write(i, "=", v, " ") end
print()
print(try(pairs, setmetatable({}, { __pairs = function() return 1, 2, 3, 4 end })), try(pairs, setmetatable({}, { __pairs = 5 })))
for k, v in pairs(setmetatable({}, { __pairs = function(t) return function(_, k) if not k then return "k", t end end, t, nil end })) do print(k, type(v)) end
local iterate = ipairs {}
print(iterate({ 1, 2 }, 0), iterate({ 1, 2 }, 2), iterate({ 1, 2 }, "1"), try(iterate), try(iterate, {}), try(iterate, 5, 1), try(iterate, {}, math.maxinteger))
print(ipairs {} == ipairs {}, pairs {} == next)
