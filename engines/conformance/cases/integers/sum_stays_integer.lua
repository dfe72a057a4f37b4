-- An integer accumulator stays an integer until a float comes in, and a float never goes back.
local sum = 0
for i = 1, 100 do
  sum = sum + i
  if i == 50 then print(sum, math.type(sum)) end
  if i == 60 then sum = sum + 0.5 end
  if i == 61 then sum = sum + 0.5 end
end
print(sum, math.type(sum))
local count = 1
for _ = 1, 10 do count = count * 2 end
print(count, count / 2, count // 2, count // 2.0, count % 3, count % 3.0, count ^ 2)
