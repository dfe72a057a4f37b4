local x <const> = f()
x, y = 6
