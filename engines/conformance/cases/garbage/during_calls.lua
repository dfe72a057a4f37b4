-- Values that live only in temporaries, arguments and results while garbage is collected.
local function fresh(i) return { i, "s" .. i } end
local function two(i) return fresh(i), fresh(i + 1) end
local function check(a, b, c) return a[1] + b[1] + (c and c[1] or 0), a[2] .. b[2] end
local total, text = 0, ""
for i = 1, 100 do
  local n, s = check(two(i))
  total = total + n
  n, s = check(fresh(i), two(i * 2))
  total, text = total + n, s
  local t = { x = fresh(i), [fresh(i)] = fresh(i), fresh(i), two(i) }
  assert(#t == 3 and t[3][1] == i + 1 and t.x[2] == "s" .. i)
  assert(("a" .. i .. "b" .. i + 1) == "a" .. i .. "b" .. (i + 1))
end
print(total, text)
local parts = {}
for i = 1, 50 do parts[#parts + 1] = string.format("%s:%d", tostring(i) .. "x", i) end
print(#table.concat(parts, ","))
