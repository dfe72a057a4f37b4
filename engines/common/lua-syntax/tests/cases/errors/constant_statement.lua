local a <const> = 1
a
