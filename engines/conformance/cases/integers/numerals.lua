-- Decimal numerals that do not fit become floats; hexadecimal ones wrap around.
print(9223372036854775807, 9223372036854775808, -9223372036854775808)
print(math.type(9223372036854775807), math.type(9223372036854775808), math.type(-9223372036854775808))
print(0x7fffffffffffffff, 0xffffffffffffffff, 0x1ffffffffffffffff, 0x10000000000000000)
print(0xA, 0Xa, 0xaBc, 3, 0003, 1e2, 1E+2, 100e-2, .5, 5., 3.14)
print(0x.8, 0x8., 0x1p4, 0x1P-1, 0xA.8p1, 0x.1p4)
print(1e308 * 10, 1e-400, 5e-324, 2.2250738585072014e-308)
