-- engine: cranelift-loop
-- settings: jit-threshold=100
-- Sixteen guards take turns in failing, none of them often enough to be left out of the next unit: the loop is compiled for
-- the same guesses again and again, until it is blacklisted.
local names = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"}
local rows = {}
for i = 1, 4000 do
  local row = {}
  for k, name in ipairs(names) do
    row[name] = k == i % 16 + 1 and i > 200 and 0.5 or k
  end
  rows[i] = row
end
local positive = 0
for i = 1, #rows do
  local row = rows[i]
  if row.a > 0 then positive = positive + 1 end
  if row.b > 0 then positive = positive + 1 end
  if row.c > 0 then positive = positive + 1 end
  if row.d > 0 then positive = positive + 1 end
  if row.e > 0 then positive = positive + 1 end
  if row.f > 0 then positive = positive + 1 end
  if row.g > 0 then positive = positive + 1 end
  if row.h > 0 then positive = positive + 1 end
  if row.i > 0 then positive = positive + 1 end
  if row.j > 0 then positive = positive + 1 end
  if row.k > 0 then positive = positive + 1 end
  if row.l > 0 then positive = positive + 1 end
  if row.m > 0 then positive = positive + 1 end
  if row.n > 0 then positive = positive + 1 end
  if row.o > 0 then positive = positive + 1 end
  if row.p > 0 then positive = positive + 1 end
end
print(positive)
