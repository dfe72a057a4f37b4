-- A zero step and values that are not numbers are errors, checked in the order limit, step, initial value.
print(pcall(function() for _ = 1, 10, 0 do end end))
print(pcall(function() for _ = 1.0, 10, 0.0 do end end))
print(pcall(function() for _ = 1, 10, -0.0 do end end))
print(pcall(function() for _ = "x", 10 do end end))
print(pcall(function() for _ = 1, "x" do end end))
print(pcall(function() for _ = 1, 10, {} do end end))
print(pcall(function() for _ = nil, {} , print do end end))
print(pcall(function() for _ = nil, 1.5 do end end))
