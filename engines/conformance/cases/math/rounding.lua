-- floor, ceil, modf, fmod, tointeger and type.
for _, x in ipairs { 0, -0.0, 0.5, -0.5, 1.5, -1.5, 2, -2.0, 1e15 + 0.5, 2^53, 1e300, -1e300, 1/0, -1/0 } do
  print(x, math.floor(x), math.ceil(x), math.type(math.floor(x)), math.modf(x))
end
print(math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(-7, -3), math.fmod(7.5, 2), math.fmod(-7.5, 2))
print(math.fmod(math.mininteger, -1), math.fmod(5, math.huge), pcall(math.fmod, 1, 0))
print(math.fmod(1, 0.0) ~= math.fmod(1, 0.0), math.fmod(6, 2), math.fmod(-6, 2), math.fmod(-6.0, 2))
print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("3"), math.tointeger(2^63), math.tointeger({}), math.tointeger(1/0))
print(math.type(1), math.type(1.0), math.type("1"), math.type(nil), pcall(math.type))
