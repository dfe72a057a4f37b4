-- ^ is float exponentiation, right associative, binding tighter than unary minus.
print(2^10, 2^0.5, 2^-1, 2^3^2, (2^3)^2, -2^2, (-2)^2, 2^-2^2, 0^0, 4^0.5, 27^(1/3) < 3.0001)
print((-8)^(1/3) ~= (-8)^(1/3), 10^308, 10^309, 10^-400, 1^math.huge, 0^-1, "2"^"3")
