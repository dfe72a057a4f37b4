-- Limits and steps of any kind: NaN, beyond the integers, numerals in strings; in loops that are compiled, too.
local function run(start, limit, step)
  local count, last = 0, nil
  local ok, message = pcall(function()
    for i = start, limit, step do
      count, last = count + 1, i
      if count == 3 then break end
    end
  end)
  io.write(ok and count or message, " ", tostring(last), "; ")
end
local nan, inf = 0 / 0, math.huge
for _, step in ipairs { 1, -1, 1.0, -1.0, nan, inf, math.mininteger } do
  for _, start in ipairs { 1, 1.0, nan, math.mininteger, math.maxinteger } do
    for _, limit in ipairs { 1, nan, inf, -inf, 1.5, 2^63, -2^63, 9007199254740993, "3", "0x10", " 2.5 ", "1e400", "-1e400" } do
      run(start, limit, step)
    end
    print()
  end
end
for i = 9007199254740993, "9007199254740993" do print("once", i) end
for i = 1, 0/0, -1 do print("NaN", i) break end
for _, bounds in ipairs { { 1, {}, {} }, { {}, 1, {} }, { {}, 1, 1 }, { 1, "x", 0 }, { 1.0, "x", 0 }, { 1, 2, "0" }, { "1", 2, 1 }, { 1, 2, "1" } } do
  run(bounds[1], bounds[2], bounds[3])
  print()
end
-- The same loop, often.
local function often(start, limit, step)
  local runs = 0
  for _ = 1, 300 do
    for _ = start, limit, step do runs = runs + 1 break end
  end
  return runs
end
print(often(1, nan, -1), often(1, nan, 1), often(1.0, nan, -1), often(1.0, nan, 1), often(nan, 1, 1), often(nan, nan, nan))
print(often(1, 2.5, nan), often(9007199254740993, "9007199254740993", 1), often(1, inf, 1), often(1, -inf, 1))
