-- Numerals are folded unless that could raise an error or give a zero float or NaN.
return 1 + 2 * 3, 2 ^ 10, 7 // 2, 7 // -2.0, -7 % 3, 1 / 2, 0x7fffffffffffffff + 1, 1 << 63, 5.0 | 2, ~0, - -3,
  not nil, not 0, (1 + 2) * 3, 2 ^ 3 ^ 2, -2 ^ 2, 1e308 * 10
