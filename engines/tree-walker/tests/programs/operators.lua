-- Arithmetic on integers, floats and numerals; bitwise operators; comparisons; concatenation.
local function show(...) print(...) end
local one, two, half, text, minus = 1, 2, 0.5, "10", -7
show(one + two, one + half, half + half, text + one, text * "2", one - 0.0)
show(7 // two, minus // two, minus % 3, 7 % -3, 7.5 // two, -7.5 % 2, 5.0 % math.huge, -5 % math.huge)
show(one / two, two ^ 10, two ^ half, 2 ^ -1, 0 / one, -(0.0))
show(math.maxinteger + one == math.mininteger, math.mininteger // -1, math.mininteger % -1, math.maxinteger * two)
show(one / 0, -one / 0, one % math.huge, 3 | 4, 7 & 2, 5 ~ 1, ~0, 1 << 62, 1 << 64, -1 >> 60, 1 << -1, 2.0 | 1)
show(one < two, one <= 1.0, half > one, "a" < "b", "a" >= "B", "10" < "9", one ~= two, one == one)
show(math.maxinteger < math.huge, math.maxinteger + 0.0 == 2 ^ 63, math.maxinteger == 2 ^ 63, 1 < 1.5, 2 ^ 53 == 2 ^ 53 + 1)
show(0 / 0 ~= 0 / 0, 0.0 == -0.0, "abc" == "abc", ("x"):rep(50) == ("x"):rep(50), nil == false)
show(one .. two, half .. "x", "a" .. "b" .. one .. 2.0, ("y"):rep(3) .. one)
show(#"hello", #{1, 2, 3}, -"2", - -one, -half, not one)
show(2 ^ 3 ^ 2, -2 ^ 2, (1 + 2) * 3, 1 .. 2 == "12", 5 - 3 - 1, "a" .. "b" == "ab" and 1 or 2)
local i, f = 3, 3.0
i, f = i * 2, f * 2
show(i, f, i == f, i // 4, f // 4, i % 4, f % 4, i / 3, math.type(i), math.type(f))
local sum = 0
for k = 1, 100 do sum = sum + k * k - k // 2 + (k % 3) end
show(sum)
local fsum = 0.0
for k = 1, 10 do fsum = fsum + k / 4 - 0.5 * k end
show(fsum)
show(1e15, 1e16, 123456.789, 2 ^ 63, -1e300 * 1e10, 3.0, 1e100)
show(tostring(1e15 // 1), 7 // 0.0, -7 // 0.0, 0.0 / 0.0 ~= 0.0 / 0.0)
show(one + two * two - one // one, (one + two) * (two + one), one + (two + (one + two)))
show(two * one .. "" .. (one + two), one << two | one, one << (two | one))
