-- title: Integer Sum
-- probes: one integer addition in a flat loop
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: loops
-- test: n=200000 result=400002000000
-- bench: n=3000000 result=90000030000000
-- large: n=30000000 result=9000000300000000

-- Twenty rounds over 1..n; the sum stays below 2^53 for n up to 30 million.
return function(n)
  local sum = 0
  for round = 1, 20 do
    for i = 1, n do
      sum = sum + i
    end
  end
  return string.format("%d", sum)
end
