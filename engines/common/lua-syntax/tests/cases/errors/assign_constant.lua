local x <const> = 5
x = 6
