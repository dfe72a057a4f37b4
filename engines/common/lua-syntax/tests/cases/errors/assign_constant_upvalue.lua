local x <const> = f()
return function()
  x = 6
end
