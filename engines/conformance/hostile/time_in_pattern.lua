-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
local subject = ("x"):rep(1000000)
print(subject:find((".-"):rep(50) .. "y"))
