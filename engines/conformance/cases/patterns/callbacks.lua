-- The functions of a gsub may search and collect garbage themselves.
local depth = 0
local function expand(text)
  depth = depth + 1
  local result = text:gsub("%b()", function(group)
    collectgarbage()
    return "[" .. expand(group:sub(2, -2)) .. "]"
  end)
  depth = depth - 1
  return result
end
print(expand("a(b(c)(d(e)))f"), depth)
local log = {}
local text = ("k1=v1;k2=v2;k3=v3"):gsub("(%w+)=(%w+)", function(key, value)
  for part in (key .. value):gmatch("%a%d") do log[#log + 1] = part end
  collectgarbage()
  return value .. "=" .. key
end)
print(text, table.concat(log, " "))
-- A key made for a table lookup, and its result, survive a collection in __index.
print(("abc"):gsub("%w", setmetatable({}, { __index = function(_, key) collectgarbage() return key .. key:upper() .. "!" end })))
print(select("#", ("x"):gsub("x", "%0")), pcall(string.gsub, "a", "a", function() return nil + 1 end))
