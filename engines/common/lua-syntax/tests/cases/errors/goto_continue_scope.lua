for i = 1, 2 do
  goto l
  local a, b
  ::l:: f()
end
