-- Plain loops over integers and floats, long enough to be compiled.
local sum, product, float = 0, 1, 0.0
for i = 1, 20000 do
  sum = sum + i
  product = (product * 31 + i) % 1000003
  float = float + i / 2
end
print(sum, product, float)
local i, n = 0, 0
while i < 20000 do
  i = i + 3
  if i % 2 == 0 then n = n + 1 end
end
print(i, n)
repeat n = n - 7 until n < 0
print(n)
