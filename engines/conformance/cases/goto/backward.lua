-- Loops made of backward jumps, with fresh locals and closures each time around.
local i = 1
::top::
if i <= 5 then
  io.write(i, " ")
  i = i + 1
  goto top
end
print()
local closures = {}
do
  local n = 0
  ::again::
  local x = n * 10
  closures[#closures + 1] = function() x = x + 1 return x end
  n = n + 1
  if n < 3 then goto again end
end
print(closures[1](), closures[1](), closures[2](), closures[3]())
local count = 0
::hot::
count = count + 1
if count < 10000 then goto hot end
print(count)
