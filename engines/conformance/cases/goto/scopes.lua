-- Labels are visible in their block and inner blocks; the same name may stand in other blocks and functions.
do goto l ::l:: print("first") end
do goto l ::l:: print("second") end
local function f() goto l do ::m:: end ::l:: return "in function" end
print(f())
do
  local a = 1
  goto past
  ::past::
end
for i = 1, 2 do
  do goto inner end
  ::inner::
  io.write(i, " ")
end
print()
do
  goto skip
  local never = 1
  ::skip::
end
print("end")
