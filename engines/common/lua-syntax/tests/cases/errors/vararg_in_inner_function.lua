return function() return ... end
