if x then
  f()
