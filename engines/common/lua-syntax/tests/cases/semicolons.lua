;;;
local a = 1; local b = 2;;
f();
return a, b;
