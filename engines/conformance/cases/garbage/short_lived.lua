-- Many short-lived tables and strings while a structure stays alive.
local keep = {}
for i = 1, 100 do keep[i] = { id = i, name = "object " .. i, list = { i, i * 2 } } end
local checksum = 0
for i = 1, 3000 do
  local t = { i, i + 1, name = "temporary " .. i }
  checksum = (checksum + #t.name + t[2]) % 100003
end
print(checksum)
local sum = 0
for i, o in ipairs(keep) do
  assert(o.id == i and o.name == "object " .. i and o.list[2] == i * 2)
  sum = sum + o.list[1]
end
print(sum)
