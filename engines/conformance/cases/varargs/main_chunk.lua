-- The main chunk is a vararg function; a file that is run without arguments gets none.
print(select("#", ...), ...)
local a, b = ...
print(a, b)
print(load("return select('#', ...), ...")(1, nil, "x", nil))
