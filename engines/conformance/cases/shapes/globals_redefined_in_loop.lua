-- Global functions and variables change while loops use them.
counter = 0
function bump() counter = counter + 1 end
for i = 1, 100 do
  if i == 51 then function bump() counter = counter + 100 end end
  if i == 91 then bump = function() counter = "text" end end
  if i == 95 then break end
  bump()
end
print(counter)
local saved = math.floor
local log = {}
for i = 1, 6 do
  if i == 3 then math.floor = function(x) return "floored " .. x end end
  if i == 5 then math.floor = saved end
  log[i] = tostring(math.floor(i + 0.5))
end
print(table.concat(log, ", "))
undefined_before = nil
local nils = 0
for i = 1, 40 do
  if undefined_before == nil then nils = nils + 1 end
  if i == 20 then undefined_before = true end
end
print(nils)
