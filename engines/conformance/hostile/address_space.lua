-- limits: seconds=60 address-space=4194304 slow=1 | ends: 1 not enough memory
-- Without --max-memory, what the process may have is the limit.
local t = {}
while true do t[#t + 1] = {#t} end
