-- Infinities and NaN behave as IEEE 754 says.
local inf, nan = 1/0, 0/0
print(inf, -inf, inf == inf, inf > 1e308, -inf < -1e308, inf - inf ~= inf - inf)
print(nan == nan, nan ~= nan, nan < nan, nan <= nan, nan > 1, not (nan >= 1))
print(inf + 1 == inf, inf * 0 ~= inf * 0, inf * -1 == -inf, 1 / inf, -1 / inf)
print(math.max(1, inf), math.min(1, -inf), inf // 1, math.fmod(5, inf), 5 % inf, -5 % inf, 5 % -inf)
print(math.huge // math.huge ~= math.huge // math.huge, 0 * nan ~= 0 * nan)
local t = {}
t[inf] = "inf"
t[-inf] = "-inf"
print(t[inf], t[-inf], t[math.huge], t[nan])
