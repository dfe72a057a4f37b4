-- goto as continue, in each kind of loop.
for i = 1, 10 do
  if i % 2 == 0 then goto continue end
  io.write(i, " ")
  ::continue::
end
print()
local n = 0
while n < 6 do
  n = n + 1
  if n == 3 then goto continue end
  io.write(n, " ")
  ::continue::
end
print()
n = 0
repeat
  n = n + 1
  if n == 2 then goto continue end
  io.write(n, " ")
  ::continue::
until n >= 5
print()
for _, word in ipairs { "a", "skip", "b" } do
  if word == "skip" then goto next_word end
  io.write(word, " ")
  ::next_word::
end
print()
