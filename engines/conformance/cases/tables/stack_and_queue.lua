-- Push and pop many times around a growth limit.
local stack, top = {}, 0
for round = 1, 20 do
  for i = 1, round do top = top + 1 stack[top] = round * 100 + i end
  for _ = 1, round // 2 do stack[top] = nil top = top - 1 end
end
print(top, #stack, stack[1], stack[top])
local queue, first, last = {}, 1, 0
for i = 1, 100 do
  last = last + 1
  queue[last] = i
  if i % 3 == 0 then queue[first] = nil first = first + 1 end
end
local sum = 0
for i = first, last do sum = sum + queue[i] end
print(first, last, sum)
