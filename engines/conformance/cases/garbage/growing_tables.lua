-- Tables that grow and shrink while garbage is collected around them.
local t = {}
for i = 1, 400 do
  t[i] = { i }
  if i % 3 == 0 then t[i - 1] = nil end
  if i % 7 == 0 then t["name" .. i] = { tostring(i) } end
end
collectgarbage()
local count, sum = 0, 0
for k, v in pairs(t) do
  count = count + 1
  sum = sum + (tonumber(v[1]) or 0)
  if type(k) == "string" then assert(k == "name" .. v[1]) end
end
print(count, sum)
for k in pairs(t) do t[k] = nil collectgarbage("step") if count % 50 == 0 then break end end
for k in pairs(t) do t[k] = nil end
print(next(t))
