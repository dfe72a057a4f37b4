-- Conditions, loops and jumps.
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto continue end
    if i == 3 then break end
    io.write(i, ":", j, " ")
    ::continue::
  end
end
print()
do
  local i = 1
  ::top::
  if i <= 3 then io.write(i, " ") i = i + 1 goto top end
  print()
end
for i = 1, 3 do
  for j = 1, 3 do
    if i * j == 4 then goto done end
  end
end
::done::
local n = 0
while true do n = n + 1 if n > 5 then break end end
print(n)
repeat local stop = n > 8 n = n + 1 until stop
print(n)
local function classify(x)
  if x < 0 then return "negative" elseif x == 0 then return "zero" elseif x < 10 then return "small" else return "large" end
end
print(classify(-1), classify(0), classify(5), classify(50))
local function early(t) for i, v in ipairs(t) do if v == "x" then return i, v end end return nil end
print(early({"a", "x"}), early({}))
for i = 3, 1 do print("never") end
for i = 3, 1, -1 do io.write(i, " ") end
for i = 1, 2, 0.5 do io.write(string.format("%g ", i)) end
for i = 1.0, 3 do io.write(math.type(i), " ") end
print()
for i = math.maxinteger - 1, math.maxinteger do io.write(i, " ") end
for i = math.mininteger, math.mininteger + 2, 2 do io.write(i, " ") end
for i = 1, math.huge do if i > 2 then break end io.write(i, " ") end
for i = -1, -math.huge, -1 do if i < -2 then break end io.write(i, " ") end
for i = 1, 2.9 do io.write(i, " ") end
for i = -1, -2.9, -1 do io.write(i, " ") end
print()
for i = 1, 3 do local j = i i = 10 io.write(i, j, " ") end
print()
local function iterator(state, control) if control < state then return control + 1, control * 2 end end
for a, b, c in iterator, 3, 0 do io.write(a, "-", b, "-", tostring(c), " ") end
print()
for k in pairs({}) do print(k) end
local keys = {}
for k, v in pairs({10, 20, x = 1, y = 2, [2.5] = 3}) do keys[#keys + 1] = tostring(k) .. "=" .. v end
table.sort(keys)
print(table.concat(keys, " "))
local t = {1, 2, 3, 4}
for k in pairs(t) do t[k] = nil end
print(next(t))
for i, v in ipairs(setmetatable({}, {__index = function(_, i) if i <= 3 then return i * i end end})) do io.write(i, v, " ") end
for i, v in ipairs({1, 2, nil, 4}) do io.write(i, v, " ") end
print()
for k, v in pairs(setmetatable({}, {__pairs = function(t) return function(_, k) if not k then return 1, "one" end end, t, nil end})) do
  print(k, v)
end
for w in setmetatable({}, {__call = function(_, _, c) c = (c or 0) + 1 if c < 3 then return c end end}) do io.write(w, " ") end
print()
print(1 and 2, nil and 1, false or "x", nil or false, not nil, not 0, 1 == 1.0, "1" == 1)
local calls = 0
local function called(v) calls = calls + 1 return v end
print(called(nil) and called(1), called(1) or called(2), calls)
if not (called(false) or called(nil)) and called(1) then print("yes", calls) end
do local x = 1 do local x = 2 print(x) end print(x) end
