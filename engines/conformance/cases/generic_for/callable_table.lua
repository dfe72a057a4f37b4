-- A table with __call is an iterator like any other.
local range = setmetatable({ from = 3, to = 6 }, {
  __call = function(self, state, control)
    local nextvalue = (control or self.from - 1) + 1
    if nextvalue <= self.to then return nextvalue, state end
  end,
})
for i, state in range, "state" do print(i, state) end
