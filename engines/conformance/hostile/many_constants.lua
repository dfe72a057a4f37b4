-- limits: seconds=30 memory=500000000 | ends: 0
local parts = {"return {"}
for i = 1, 200000 do parts[#parts + 1] = "'s" .. i .. "', " .. i + 0.5 .. "," end
parts[#parts + 1] = "}"
local f, message = load(table.concat(parts, "\n"))
if f then assert(#f() == 400000) else assert(#message < 1000, message) end
