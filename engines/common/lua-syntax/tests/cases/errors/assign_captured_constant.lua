local x <const> = 7
return function()
  return function()
    x = 6
  end
end
