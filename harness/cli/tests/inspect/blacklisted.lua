-- engine: cranelift-loop
-- settings: jit-threshold=100
-- Sixteen guards take turns in failing, none of them often enough to be left out of the next unit: the loop is compiled for
-- the same guesses again and again, until it is blacklisted.
local rows = {}
local function build(i)
  if i > 7000 then
    return
  end
  local row = {a = 1, b = 1, c = 1, d = 1, e = 1, f = 1, g = 1, h = 1, i = 1, j = 1, k = 1, l = 1, m = 1, n = 1, o = 1, p = 1}
  if i % 3 == 1 then
    row[("abcdefghijklmnop"):sub(i // 3 % 16 + 1, i // 3 % 16 + 1)] = 0.5
  end
  rows[i] = row
  return build(i + 1)
end
build(1)
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
