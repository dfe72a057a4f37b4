-- Hot loops over arrays: integers, floats, mixed, with writes and with appends.
local n = 2000
local ints, floats, mixed = {}, {}, {}
for i = 1, n do ints[i], floats[i], mixed[i] = i, i + 0.5, i % 3 == 0 and i + 0.25 or i end
local a, b, c = 0, 0, 0
for i = 1, n do a, b, c = a + ints[i], b + floats[i], c + mixed[i] end
print(a, b, c)
for i = 2, n do ints[i] = ints[i] + ints[i - 1] end
print(ints[n])
for i = 1, n do floats[i] = i % 2 == 0 and i or floats[i] end
local integers = 0
for i = 1, #floats do if math.type(floats[i]) == "integer" then integers = integers + 1 end end
print(integers)
local appended = {}
for i = 1, n do appended[#appended + 1] = -i end
print(#appended, appended[n], appended[n + 1])
