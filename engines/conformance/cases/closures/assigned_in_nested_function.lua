-- A variable captured two levels up and assigned there.
local function outer()
  local x = 0
  local function middle()
    local y = x
    local function inner()
      x = x + 1
      y = y + 10
      return x, y
    end
    x = x + 100
    return inner, function() return y end
  end
  local inner, get_y = middle()
  local a, b = inner()
  local c, d = inner()
  return a, b, c, d, x, get_y()
end
print(outer())
