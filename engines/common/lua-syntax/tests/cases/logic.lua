-- A constant on the left that leaves the choice to the right disappears, but still cuts it to one value.
local five <const> = nil or 5
return true and f(), false or ..., 1 and a, nil and a, 1 or a, a and 1 or b, five
