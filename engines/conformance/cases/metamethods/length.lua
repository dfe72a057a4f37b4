-- __len is used by #, not by rawlen; without it tables and strings have their own length.
local t = setmetatable({ 1, 2, 3 }, { __len = function(self) return rawlen(self) * 10 end })
print(#t, rawlen(t))
t[#t + 1] = "far away"
print(t[31], rawlen(t))
local odd = setmetatable({}, { __len = function() return "not a number" end })
print(#odd)
print(pcall(table.insert, odd, 1))
print(pcall(function() return #print end))
local through = setmetatable({}, { __len = function() return 2 end, __index = function(_, i) return i * i end })
for i = 1, #through do io.write(through[i], " ") end
print(table.concat(through, ","), table.unpack(through))
