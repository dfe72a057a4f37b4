-- `//` is an operator and `--` a comment, next to each other and to brackets.
print(7//2, 7 //2--[[x]]//1, 8//3 --//2
)
local s = [[
--not a comment
// not an operator]]
print(s, #s)
print(#[[]], #[=[]]]=], [[a]]..[[b]])
