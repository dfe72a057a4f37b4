-- The twelve levels of operator precedence.
print(1 + 2 * 3, (1 + 2) * 3, 2 ^ 3 ^ 2, -2 ^ 2, not 1 == 2, not (1 == 2), 1 .. 2 == "12")
print(2 * 3 % 4, 2 + 3 .. 4 + 5, 1 << 1 + 1, 1 | 2 & 3 ~ 1, 5 - 3 - 1, 2 / 2 / 2, 7 // 2 * 2)
print(1 < 2 == true, "a" .. "b" == "ab", -1 ^ 2, -(1) ^ 2, #"ab" + 1, -#"ab", not nil and 1, not (nil and 1))
print(1 or 2 and nil, (1 or 2) and nil, nil and 1 or 2, 1 and 2 or 3, false == nil or 5)
print(~1 & 3, ~(1 & 3), 3 - -3, 2 ^ -1, 10 - 2 ^ 2, 6 & 3 << 1, 1 .. 2 .. 3, "5" + 3 .. "")
