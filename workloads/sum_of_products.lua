-- title: Sum of Products
-- probes: float multiplication and addition in a flat loop, conversion of the loop variable
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: loops
-- test: n=1500000 result=-1.40624578e+17
-- bench: n=20000000 result=-3.33333258e+20
-- large: n=200000000 result=-3.33333326e+23

return function(n)
  local sum = 0.0
  for i = 1, n do
    local x = i * 0.5
    local y = 1.0 - i * 0.25
    sum = sum + x * y
  end
  return string.format("%.9g", sum)
end
