-- limits: seconds=0.3 memory=100000000 | ends: 1 time limit
while true do
  pcall(function()
    local x <close> = setmetatable({}, {__close = function() while true do end end})
    error("close it")
  end)
end
