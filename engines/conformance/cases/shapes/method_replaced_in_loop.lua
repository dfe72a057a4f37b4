-- A method is replaced while the loop that calls it is hot.
local C = {}
C.__index = C
function C:step() self.n = self.n + 1 end
local object = setmetatable({ n = 0 }, C)
for i = 1, 200 do
  if i == 101 then function C:step() self.n = self.n + 1000 end end
  object:step()
end
print(object.n)
for i = 1, 10 do
  C.step = i % 2 == 0 and function(self) self.n = self.n - 1 end or function(self) self.n = self.n * 2 end
  object:step()
end
print(object.n)
