-- An upvalue of an inner function passes through every function between.
local outer = 0
function count()
  local own = 10
  return function()
    return function(step)
      outer = outer + step
      return outer + own, count
    end
  end
end
