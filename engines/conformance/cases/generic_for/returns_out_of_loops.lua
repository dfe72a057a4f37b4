-- `return` and `break` out of generic loops, with and without a variable to be closed, and with functions that keep extra
-- arguments around them.
local function find(t, x) for i, v in ipairs(t) do if v == x then return i, v end end return nil end
local function first(...) for _, v in ipairs { ... } do if v then return v, select("#", ...) end end end
local function all(...) for k, v in pairs { ... } do if k == 2 then return ... end end return "none", ... end
local t = { 5, 6, 7 }
for i = 1, 300 do find(t, 7) find(t, 9) first(nil, false, 3) all(1, 2, 3) all(1) end
print(find(t, 6)) print(find(t, 8)) print(first(false, "x", 2)) print(all(1, 2, 3)) print(all(1))
local closed = 0
local function iterator(limit)
	local value = setmetatable({}, { __close = function() closed = closed + 1 end })
	return function(_, i) if i < limit then return i + 1 end end, nil, 0, value
end
local function until_(limit, stop, ...) for i in iterator(limit) do if i == stop then return i, ... end end return "end", ... end
local function broken(limit, stop) local last for i in iterator(limit) do last = i if i == stop then break end end return last end
for i = 1, 300 do until_(5, 3, "a", "b") until_(2, 9) broken(4, 2) broken(3, 7) end
print(closed, until_(5, 3, "a", "b")) print(until_(2, 9, 1)) print(broken(4, 2), closed)
print(pcall(function() for i in iterator(3) do error("in " .. i, 0) end end), closed)
local function nested(n) for i in iterator(n) do for j in iterator(n) do if i * j == 6 then return i, j end end end end
for i = 1, 200 do nested(4) end
print(nested(4)) print(closed)
