if a then f() elseif b then g() else h() end
while a < 10 do
  a = a + 1
  if a == 5 then break end
end
repeat
  local done = f()
until done
for i = 1, 10 do f(i) end
for i = 10, 1, -1 do local i = i; i = i + 1 end
for k, v in pairs(t) do t[k] = v end
for a, b, c in next, t, nil, handle do a = function() return b end end
do return end
