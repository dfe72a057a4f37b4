-- A recursive-descent calculator that reads bytes.
local function evaluate(text)
  local position = 1
  local expression
  local function peek() return text:sub(position, position) end
  local function skip() while peek() == " " do position = position + 1 end end
  local function number()
    skip()
    if peek() == "(" then
      position = position + 1
      local v = expression()
      skip()
      if peek() ~= ")" then error("')' expected at " .. position, 0) end
      position = position + 1
      return v
    end
    local start = position
    while peek() >= "0" and peek() <= "9" or peek() == "." do position = position + 1 end
    return tonumber(text:sub(start, position - 1)) or error("number expected at " .. start, 0)
  end
  local function level(next_level, operators)
    return function()
      local v = next_level()
      while true do
        skip()
        local operator = operators[peek()]
        if not operator then return v end
        position = position + 1
        v = operator(v, next_level())
      end
    end
  end
  local product = level(number, { ["*"] = function(a, b) return a * b end, ["/"] = function(a, b) return a / b end })
  expression = level(product, { ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end })
  return expression()
end
for _, text in ipairs { "1 + 2 * 3", "(1 + 2) * 3", "10 - 4 - 3", "8 / 4 / 2", "2 * (3 + 4) * 5", "1.5*2", "(1", "2 * x" } do
  print(text, pcall(evaluate, text))
end
