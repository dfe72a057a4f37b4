-- Every arithmetic and bitwise metamethod, with the operands in order.
local mt = {}
local function show(x) return type(x) == "table" and "obj" or tostring(x) end
for _, name in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot" } do
  mt["__" .. name] = function(a, b) return name .. "(" .. show(a) .. "," .. show(b) .. ")" end
end
local o = setmetatable({}, mt)
print(o + 1, 1 + o, o + o, o - 1.5, "s" - o, o * nil, o / 2, 2 / o)
print(o % 3, 3 % o, o ^ 2, 2 ^ o, -o, o // 2, 2 // o)
print(o & 1, 1 & o, o | "x", o ~ 2.5, o << 1, 1 << o, o >> 1, {} >> o, ~o)
for i = 1, 30 do
  local r = i % 2 == 0 and o + i or i + o
  if i > 28 then print(r) end
end
