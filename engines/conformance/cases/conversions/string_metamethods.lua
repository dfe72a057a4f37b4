-- Arithmetic on strings is done by the metatable of strings, which can be seen and changed. Bitwise operators have none.
local mt = getmetatable("")
local names = {}
for name, value in pairs(mt) do names[#names + 1] = name .. " " .. type(value) end
table.sort(names)
print(table.concat(names, ", "))
print(mt.__add("1", 2), mt.__add(1, 2), mt.__unm("2", "2"), mt.__pow("2", "3"), mt.__idiv("7", 2), mt.__mod("7", 4.0), mt.__div(1, "4"))
for _, operation in ipairs { function() return "a" + 1 end, function() return 1 + "a" end, function() return "a" + "b" end, function() return "a" - {} end,
                             function() return {} * "a" end, function() return -"a" end, function() return "a" ^ nil end, function() return true // "1" end,
                             function() return "1" % {} end, function() return "1" // 0 end, function() return "1" % 0 end, function() return "1" / 0 end,
                             function() return "3" | 1 end, function() return ~"3" end, function() return 1 << "2" end, function() return "a" & {} end,
                             function() return {} ~ "3" end, function() return 1.5 | "3" end, function() return 1.5 | 1 end, function() return 1 | 2^63 end } do
  print(pcall(operation))
end
local object = setmetatable({}, { __add = function(a, b) return "object", a == "10" end, __bor = function() return "bits" end })
print("10" + object, object + "10", "a" + object, object | "3", "3" | object)
mt.__bor = function(a, b) return "or", a, b end
mt.__sub = function(a, b) return "minus" .. tostring(a) .. tostring(b) end
print("3" | 1, "3" - 1, 1 - "x", "x" - true)
mt.__add = nil
print(pcall(function() return "10" + 1 end))
print(pcall(function() local s = "x" return 1 + s end))
