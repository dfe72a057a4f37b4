-- Small base functions at their limits.
print(rawequal("a" .. "b", "ab"), rawequal({}, {}), rawequal(0, -0), rawequal(1, 1.0), rawequal(0/0, 0/0))
print(rawlen({ 1, 2, 3 }), rawlen("four"), rawget({ 5 }, 1), rawget({}, nil), rawset({}, "k", "v").k)
print(select(-1, 1, 2, 3), select(2, "a"), pcall(select, -5, 1))
print(_VERSION, tostring(nil), tostring(12), tonumber("0x10"), tonumber("z", 36))
print(getmetatable("x").__index == string, getmetatable({}))
