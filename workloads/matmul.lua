-- title: Matrix Multiplication
-- probes: nested arrays of floats, triple loop
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: arrays
-- test: n=100 result=3742.85938 25.984375
-- bench: n=240 result=21634.7188 96.9375
-- large: n=480 result=86477.8125 121.671875

local function make_matrix(n, first)
  local rows = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do
      row[j] = first + (i * 3 + j * 5) % 17 * 0.125
    end
    rows[i] = row
  end
  return rows
end

local function multiply(a, b, n)
  local product = {}
  for i = 1, n do
    local a_row, product_row = a[i], {}
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do
        sum = sum + a_row[k] * b[k][j]
      end
      product_row[j] = sum
    end
    product[i] = product_row
  end
  return product
end

return function(n)
  local product = multiply(make_matrix(n, 0.5), make_matrix(n, -0.75), n)
  local trace, corner = 0.0, product[1][n]
  for i = 1, n do
    trace = trace + product[i][i]
  end
  return string.format("%.9g %.9g", trace, corner)
end
