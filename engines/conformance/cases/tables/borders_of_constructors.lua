-- The length of a table that was made with nils among its positional values, and what becomes of it.
local function none() end
local function values(...) return ... end
local function vararg(...) return #{ ... } end
print(#{ 1, nil, 3 }, #{ nil, nil, 3 }, #{ n = 1, nil, 2 }, #{ nil }, #{ nil, nil }, #{ 1, nil }, #{ nil, 2, nil }, #{ nil, 2 })
print(#{ 1, nil, nil }, #{ 1, 2, nil, nil }, #{ 1, nil, 3, nil }, #{ 1, nil, 3, nil, nil, nil }, #{ nil, nil, 3, nil, nil })
print(#{ 1, nil, nil, nil, 5, nil, nil }, #{ 1, 2, nil, nil, 5, nil, nil }, #{ nil, nil, nil, 4, nil, nil, nil, nil })
print(#{ none() }, #{ 1, none() }, #{ 1, nil, none() }, #{ values(1, nil, 3) }, #{ nil, values(nil, nil) }, #{ 1, values(nil, 3) })
print(#{ values(1, nil, nil) }, #{ 1, (none()) }, #{ x = 1, values(nil, 2), y = 2 }, #{ values(nil, 2), nil, 3 })
print(vararg(), vararg(nil), vararg(nil, 2), vararg(1, nil, 3), vararg(1, nil, nil), vararg(1.5, nil, 2.5), vararg(true, nil, false))
print(#table.pack(1, nil, 3), #table.pack(1, nil), #table.pack(nil, nil), #table.pack(), table.pack(nil, 2, nil).n)
print(#{ select(2, 1, nil, 3) }, #{ select(-2, 1, nil, 3) }, #{ select(2, 1, 2, nil) })
print(#{ [1] = 5, nil, 3 }, ({ [1] = 5, nil, 3 })[1], #{ [3] = 3, 1, nil }, #{ [2] = 2, nil, nil }, ({ [2] = 2, nil, nil })[2])
-- Many: in groups of fifty.
local texts = {}
for i = 1, 120 do texts[i] = i % 7 == 0 and "nil" or tostring(i) end
local many = load("return {" .. table.concat(texts, ",") .. "}")()
print(#many, many[7], many[50], many[119], many[120])
texts[50], texts[49], texts[100], texts[51] = "nil", "nil", "nil", "nil"
many = load("return {" .. table.concat(texts, ",") .. "}")()
print(#many, many[48], many[50], many[52], many[120])
texts[120], texts[119] = "nil", "1"
print(#load("return {" .. table.concat(texts, ",") .. "}")())
-- All kinds of values behind a hole, seen by everything that reads tables.
local t = { 1, nil, "x", nil, 2.5, nil, true, nil, print and 9 }
for i = 1, #t do io.write(tostring(t[i]), " ") end
print(#t, table.unpack(t))
local count = 0
for k, v in pairs(t) do count = count + k end
for _ in ipairs(t) do count = count + 100 end
print(count, next(t, 1), next(t, 7), next(t, 9), rawlen(t))
-- Afterwards.
t = { 1, nil, 3 }
t[#t + 1] = 4
print(#t, t[4])
t[2] = 2
print(#t, table.concat(t, " "))
t = { 1, nil, 3 }
t[3] = nil
print(#t)
t = { 1, nil, 3 }
table.insert(t, "end")
print(#t, t[4], table.remove(t), table.remove(t), #t)
t = { nil, nil, 3 }
t[1], t[2] = 1, 2
print(#t, t[3])
for i = 1, 300 do
  local u = { i, nil, i }
  u[2] = i
  if #u ~= 3 or u[1] + u[2] + u[3] ~= 3 * i then print("wrong", i) end
end
