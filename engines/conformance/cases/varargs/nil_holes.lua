-- Varargs keep nils, also at the end.
local function count(...) return select("#", ...) end
print(count(nil), count(nil, nil, nil), count(1, nil), count(nil, 1), count(), count(count()))
local function pass(...) return ... end
print(pass(1, nil, 3, nil))
print((pass(1, nil, 3)))
print(count(pass(nil, nil)), count((pass(nil, nil))))
local packed = table.pack(pass(nil, "x", nil))
print(packed.n, packed[1], packed[2], packed[3])
print(table.unpack(packed, 1, packed.n))
