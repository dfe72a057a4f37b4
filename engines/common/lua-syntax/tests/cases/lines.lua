-- The line of a call is that of its arguments, the line of an operator its own.
local value = first
  .second
  [
    third
  ]
  (
    fourth
    +
    fifth
  )
  :sixth [[
text]]
return value
  ..
  value
