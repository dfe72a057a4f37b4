-- sub corrects positions at both ends.
local s = "hello"
for _, range in ipairs {
  {1, 5}, {2, 4}, {2}, {-3}, {-3, -2}, {0}, {0, 0}, {-100, 2}, {4, 100}, {3, 2}, {6}, {5, 5}, {-1, -1}, {2.0, 3.0},
  {math.mininteger, math.maxinteger}, {math.maxinteger, math.mininteger}, {1, 0}, {1, -6},
} do
  print(range[1], range[2], "[" .. s:sub(range[1], range[2] or -1) .. "]")
end
print(("a\0b"):sub(2) == "\0b", #(""):sub(1, 10), ("12"):sub(1, 1) + 1)
