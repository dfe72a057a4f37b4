-- What string.gsub takes as a replacement, and how often.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
print(("abc"):gsub("%w", "<%0>"), ("abc"):gsub("(%w)(%w)", "%2%1"), ("abc"):gsub("%w", "%1"), ("abc"):gsub("()b", "%1"))
print(("a b"):gsub("%w", "%%%0%%"), ("abc"):gsub("b", ""), ("abc"):gsub("b", 5), ("abc"):gsub("b", 1.5), ("a.c"):gsub("%.", "\0"))
print(("abc"):gsub("%w", { a = "1", b = 2, c = false }), ("abc"):gsub("(%w)(%w)", { a = "first" }), ("abc"):gsub("()", { "x", [3] = "y" }))
print(("abc"):gsub("%w", setmetatable({}, { __index = function(_, key) return key .. key end })))
print(("abc"):gsub("%w", function(c) if c ~= "b" then return c:upper(), "ignored" end end))
print(("abc"):gsub("(%w)()", function(c, p) return p end), ("abc"):gsub("", function() return "-" end), ("abc"):gsub("x", error))
for _, count in ipairs { -1, 0, 1, 2, 3, 100 } do print(count, ("aaaa"):gsub("a", "b", count), ("aa"):gsub("", "-", count)) end
print(("hello world"):gsub("o*", "x"), ("abc"):gsub(".-", "-"), (""):gsub("", "x"), (""):gsub(".", "x"), ("abc"):gsub("$", "!"))
for _, replacement in ipairs { "%", "%x", "a%", "%2", "%9", "%%%" } do print(replacement, pcall(string.gsub, "abc", "b", replacement)) end
print(try(string.gsub, "abc", "b", function() return {} end), try(string.gsub, "abc", "b", { b = true }))
print(try(string.gsub, "abc", "b", function() error("inside") end), try(string.gsub, "abc", "b", function() return print end))
-- If nothing changed the result is the subject.
local long = ("x"):rep(100)
print(long:gsub("y", "z") == long, long:gsub("x", {}) == long, select(2, long:gsub("x", function() end)))
