-- Past a hundred or so fields a table works as before.
local t = {}
for i = 1, 300 do t["field" .. i] = i end
local sum = 0
for i = 1, 300 do sum = sum + t["field" .. i] end
print(sum, t.field1, t.field128, t.field129, t.field300, t.field301)
t.field129 = "changed"
t.field1 = nil
print(t.field129, t.field1)
local count = 0
for _ in pairs(t) do count = count + 1 end
print(count)
t.field1 = "back"
t.another = "new"
print(t.field1, t.another)
for i = 1, 300 do t["field" .. i] = nil end
print(next(t), t.another)
