-- The same contents are the same key, however the string was made and however long it is.
local t = {}
for _, n in ipairs { 1, 39, 40, 41, 42, 100, 1000 } do
  local made, again = ("k"):rep(n), ("k"):rep(n - 1) .. "k"
  t[made] = n
  print(n, made == again, t[again], rawequal(made, again), t[again .. "k"])
end
for _, n in ipairs { 40, 41, 1000 } do t[("k"):rep(n)] = nil end
print(t[("k"):rep(39)], t[("k"):rep(40)], t[("k"):rep(41)], t[("k"):rep(1000)])
