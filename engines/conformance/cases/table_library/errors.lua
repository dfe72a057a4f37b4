-- The table library's words for bad arguments.
local function try(...)
  local results = table.pack(pcall(...))
  for i = 1, results.n do results[i] = tostring(results[i]) end
  return table.concat(results, " ")
end
for _, call in ipairs {
  { "concat" }, { "concat", 5 }, { "concat", { 1, {}, 3 } }, { "concat", { true } }, { "concat", { 1, 2 }, ",", 1, 3 }, { "concat", { 1 }, {} }, { "concat", { 1 }, ",", "x" },
  { "insert" }, { "insert", {} }, { "insert", {}, 1, 2, 3 }, { "insert", {}, 5, 5 }, { "insert", {}, 0, 5 }, { "insert", { 1, 2 }, 4, 5 }, { "insert", {}, "x", 5 }, { "insert", 5, 1 }, { "insert", {}, 1.5, 5 },
  { "remove" }, { "remove", {}, 2 }, { "remove", { 1, 2 }, 4 }, { "remove", { 1, 2 }, 0 }, { "remove", { 1, 2 }, -1 }, { "remove", { 1 }, 1.5 }, { "remove", "x" },
  { "unpack" }, { "unpack", 5 }, { "unpack", {}, "x" }, { "unpack", {}, 1, 1e8 }, { "unpack", {}, math.mininteger, math.maxinteger },
  { "move" }, { "move", {}, 1, 2 }, { "move", 5, 1, 2, 3 }, { "move", {}, 1, math.maxinteger, 2 }, { "move", {}, -1, math.maxinteger, 1 }, { "move", {}, math.mininteger, 0, 1 }, { "move", { 1 }, 1, 2, math.maxinteger }, { "move", {}, 1, 2, 3, 5 },
  { "sort" }, { "sort", 5 }, { "sort", { 3, "a", 2 } }, { "sort", { {}, {} } }, { "sort", { 3, 1 }, 5 }, { "sort", { 3, 2, 1 }, function() error("inside", 0) end },
} do
  print(call[1], pcall(table[call[1]], table.unpack(call, 2)))
end
print(try(table.sort, setmetatable({}, { __len = function() return math.maxinteger end })), try(table.concat, setmetatable({}, { __len = function() return "x" end })))
print(try(table.concat, { setmetatable({}, { __name = "Named" }) }), try(table.insert, setmetatable({}, { __len = function() return 1.5 end }), 1))
