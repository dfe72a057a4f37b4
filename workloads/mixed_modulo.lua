-- title: Mixed Arithmetic with Modulo
-- probes: integer multiplication, subtraction and remainder by a constant
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: loops
-- test: n=1000000 result=3000005
-- bench: n=15000000 result=45000007
-- large: n=150000000 result=450000006

-- The operands of % come from the loop variable alone, so the remainders do not wait for each other.
return function(n)
  local sum = 0
  for i = 1, n do
    sum = sum + (i * 7 + 3) % 11 - i % 5
  end
  return string.format("%d", sum)
end
