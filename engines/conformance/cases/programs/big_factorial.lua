-- Factorials beyond 64 bits with digits in a table.
local function multiply(digits, n)
  local carry = 0
  for i = 1, #digits do
    local v = digits[i] * n + carry
    digits[i], carry = v % 10000, v // 10000
  end
  while carry > 0 do
    digits[#digits + 1], carry = carry % 10000, carry // 10000
  end
end
local function show(digits)
  local parts = { tostring(digits[#digits]) }
  for i = #digits - 1, 1, -1 do parts[#parts + 1] = string.format("%04d", digits[i]) end
  return table.concat(parts)
end
local digits = { 1 }
for n = 1, 60 do
  multiply(digits, n)
  if n % 20 == 0 then print(n, show(digits)) end
end
