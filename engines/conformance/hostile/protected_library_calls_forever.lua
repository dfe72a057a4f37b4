-- limits: seconds=1 | ends: 1 time limit
-- The stop comes at the end of a protected call of a library function, which makes no frame of its own.
while true do pcall(string.rep, 'x', 100000) end
