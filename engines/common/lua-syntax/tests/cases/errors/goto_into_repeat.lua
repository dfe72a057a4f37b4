repeat
  goto l
  local a
  ::l::
until a
