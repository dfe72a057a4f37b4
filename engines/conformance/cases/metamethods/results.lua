-- A metamethod's results are cut to one; comparison results become booleans.
local mt = {
  __add = function() return 1, 2, 3 end, __sub = function() end, __lt = function() return "truthy", false end,
  __le = function() return nil end, __eq = function() return 5 end, __len = function() return "len", 2 end,
  __unm = function(a, b) return rawequal(a, b) end, __concat = function() return nil end,
  __index = function() return "i", "j" end, __call = function() return "c1", "c2" end,
}
local o, p = setmetatable({}, mt), setmetatable({}, mt)
print(o + 1, select("#", o + 1), o - 1, o < p, o > p, o <= p, o >= p, o == p, o ~= p)
print(#o, -o, o .. "x", o.field, o())
print(select("#", o.field, o()), #{ o() }, #{ o.field }, #{ o + 1, o - 1, o .. o })
