-- Which locals are captured and which are reassigned, also after the function that captures them.
local plain, assigned, captured, both = 1
assigned = 2
local function reader() return captured, both end
both = reader
local late
function writer() return function() late = both end end
local multiple, values = reader(), ...
