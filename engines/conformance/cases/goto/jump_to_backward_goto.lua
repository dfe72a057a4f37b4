-- A goto forward to a goto that goes back a little, which together still go forward.
local function route(a)
  if a == 1 then
    goto done
    error("never here")
  elseif a == 2 then
    goto last
    ::middle:: a = a * 10; goto out
    error("never here")
    ::last:: goto middle
    error("never here")
    ::out::
  end
  ::done:: return a
end
print(route(1), route(2), route(3))
local total = 0
for i = 1, 3000 do total = total + route(i % 4) end
print(total)
