-- Small functions called from a hot loop; one of them is replaced late.
local function add(a, b) return a + b end
local function select_last(...) return (select(select("#", ...), ...)) end
local op = add
local sum = 0
for i = 1, 6000 do
  sum = op(sum, i % 10)
  if i == 5000 then op = function(a, b) return a - b end end
  if i % 1000 == 0 then sum = sum + select_last(i, i + 1, i + 2) end
end
print(sum)
local methods = { inc = function(self) self.n = self.n + 1 return self end }
methods.__index = methods
local object = setmetatable({ n = 0 }, methods)
for _ = 1, 3000 do object:inc():inc() end
print(object.n)
