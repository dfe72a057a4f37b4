-- ipairs stops at the first nil and sees __index; pairs visits every field once and honours __pairs.
local t = { 10, 20, nil, 40 }
for i, v in ipairs(t) do io.write(i, "=", v, " ") end
print()
local proxy = setmetatable({}, { __index = function(_, i) if i <= 3 then return i * 100 end end })
for i, v in ipairs(proxy) do io.write(i, "=", v, " ") end
print()
local seen = {}
for k, v in pairs({ 1, 2, 3, x = "ex", y = "why", [2.5] = "half", [true] = "yes" }) do
  seen[#seen + 1] = tostring(k) .. "=" .. tostring(v)
end
table.sort(seen)
print(table.concat(seen, " "))
local custom = setmetatable({}, { __pairs = function(self) return function(_, k) if not k then return 1, "one" end end, self, nil end })
for k, v in pairs(custom) do print(k, v) end
print(select("#", pairs({})), type((pairs({}))))
