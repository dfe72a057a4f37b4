-- The body may assign the control variable; the iterator still gets its own copy.
local log = {}
local function step(_, k)
  log[#log + 1] = k
  if k < 4 then return k + 1 end
end
for k in step, nil, 1 do
  log[#log + 1] = "body" .. k
  k = 100
end
print(table.concat(log, " "))
