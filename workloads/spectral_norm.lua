-- title: Norm of the Hilbert Matrix
-- probes: float division, a small function in the inner loop, float arrays
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: arrays
-- test: n=200 result=2.27426678
-- bench: n=900 result=2.43362896
-- large: n=2800 result=2.52700724

local function hilbert(i, j)
  return 1.0 / (i + j - 1)
end

local function multiply(vector, product, n)
  for i = 1, n do
    local sum = 0.0
    for j = 1, n do
      sum = sum + hilbert(i, j) * vector[j]
    end
    product[i] = sum
  end
end

-- The largest eigenvalue of the n by n Hilbert matrix, by ten steps of the power method.
return function(n)
  local vector, product = {}, {}
  for i = 1, n do
    vector[i] = 1.0
  end
  local eigenvalue = 0.0
  for step = 1, 10 do
    multiply(vector, product, n)
    local dot, length_squared = 0.0, 0.0
    for i = 1, n do
      dot = dot + vector[i] * product[i]
      length_squared = length_squared + vector[i] * vector[i]
    end
    eigenvalue = dot / length_squared
    local scale = 1.0 / eigenvalue
    for i = 1, n do
      vector[i] = product[i] * scale
    end
  end
  return string.format("%.9g", eigenvalue)
end
