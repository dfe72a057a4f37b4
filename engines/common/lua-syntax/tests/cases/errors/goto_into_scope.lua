goto l
local a
::l::
f()
