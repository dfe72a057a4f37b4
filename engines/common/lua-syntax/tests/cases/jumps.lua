-- A label is found forward, backward, from inside, and one per function and name.
::top::
goto bottom
do
  goto bottom
  do goto inner end
  local x
  ::inner::
end
for i = 1, 10 do
  if i > 5 then goto continue end
  local y = i
  ::continue:: ;
end
if a then goto top end
local function f()
  ::top::
  goto top
end
do goto done end
local after
::bottom:: ::done::
