-- They are kept only where they cut several values to one.
local a = (f())
return (a), (...), ((g.h())), (a.b), ("x"):rep(2), (a + b) * c, ((a:m()))
