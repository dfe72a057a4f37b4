-- if, elseif, else with every kind of condition.
local function classify(x)
  if x == nil then return "nil"
  elseif type(x) ~= "number" then return "other"
  elseif x ~= x then return "nan"
  elseif x < 0 then return "negative"
  elseif x == 0 then return "zero"
  elseif not (x > 10) and x ~= 7 then return "small"
  else if x == 7 then return "seven" else return "large" end
  end
end
for _, x in ipairs { -1, 0, 0.0, 5, 7, 10, 11, 1/0, -1/0, 0/0, "x", true } do io.write(classify(x), " ") end
print(classify())
