-- Higher-order functions over arrays.
local function map(t, f) local r = {} for i, v in ipairs(t) do r[i] = f(v, i) end return r end
local function fold(t, f, start) for _, v in ipairs(t) do start = f(start, v) end return start end
local function compose(...)
  local list = { ... }
  return function(x) for i = #list, 1, -1 do x = list[i](x) end return x end
end
local squares = map({ 1, 2, 3, 4 }, function(v) return v * v end)
print(table.concat(squares, " "), fold(squares, function(a, b) return a + b end, 0))
print(compose(function(x) return x + 1 end, function(x) return x * 2 end, tonumber)("20"))
local add = function(a) return function(b) return function(c) return a + b + c end end end
print(add(1)(2)(3), add("1")("2")(3))
