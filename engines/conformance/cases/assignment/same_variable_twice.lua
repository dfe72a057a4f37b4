-- A chain of assignments to one table through several names.
local t = {}
t.a, t.b = 1, t.a
print(t.a, t.b)
local n = { next = nil }
local head = n
for i = 1, 3 do n.value, n.next = i, {} n = n.next end
local values = {}
while head.value do values[#values + 1] = head.value head = head.next end
print(table.concat(values, " "))
do
  local a <const>, b <const> = 5, "const"
  print(a + 1, b .. a)
end
