-- tostring with __tostring and __name.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
local function show(metatable) return (tostring(select(2, pcall(tostring, setmetatable({}, metatable)))):gsub("0x%x+", "ADDRESS")) end
print(show { __tostring = function() return "T" end }, show { __tostring = function() return "a", "b" end }, show { __name = "My.Type" }, show { __name = 5 })
print(show { __tostring = function() return 1 end })
print(show { __tostring = function() return 1.5 end })
print(show { __tostring = function() return {} end })
print(show { __tostring = function() return nil end })
print(show { __tostring = function() error("inside", 0) end })
print(show { __tostring = 5 })
print(show { __tostring = "text" })
print(try(tostring), tostring(nil), tostring(true), tostring(-0.0), tostring(1e15), tostring(1e16), tostring(2^63), tostring(1, 2))
local t = setmetatable({}, { __name = "My.Type" })
print(try(string.rep, t), try(function() return t + 1 end), try(function() return t < t end), try(function() return #t < t end), try(ipairs))
