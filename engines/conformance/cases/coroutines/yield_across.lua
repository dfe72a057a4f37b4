-- A yield crosses metamethods, iterators, pcall, xpcall and __close, and each operation ends with what it is resumed with.
local meta = {}
for _, event in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot" } do
  meta["__" .. event] = function() return coroutine.yield(event) end
end
function meta.__index(_, key) return coroutine.yield("index " .. tostring(key)) end
function meta.__newindex(_, key, value) coroutine.yield("newindex " .. tostring(key) .. " " .. tostring(value)) end
function meta.__concat() return coroutine.yield("concat") end
function meta.__len() return coroutine.yield("len") end
function meta.__eq() return coroutine.yield("eq") end
function meta.__lt() return coroutine.yield("lt") end
function meta.__le() return coroutine.yield("le") end
function meta.__call(_, argument) return coroutine.yield("call " .. tostring(argument)) end
function meta.__close(_, error) coroutine.yield("close " .. tostring(error)) end
local function object() return setmetatable({}, meta) end
local a, b = object(), object()

local function drive(name, body)
  local co = coroutine.create(body)
  local seen, reply = {}, nil
  for step = 1, 100 do
    local result = table.pack(coroutine.resume(co, reply))
    if coroutine.status(co) == "dead" then
      print(name, table.concat(seen, ","), table.unpack(result, 1, result.n))
      return
    end
    seen[#seen + 1] = tostring(result[2])
    reply = step
  end
end

drive("arithmetic", function() return a + b, a - 1, 2 * a, a / b, a % 3, a ^ b, -a, a // 1 end)
drive("bitwise", function() return a & b, a | 1, a ~ b, a << 1, a >> b, ~a end)
drive("index", function() local x = a.name; a[1] = x; return x, a[b == a and 1 or 2] end)
drive("concat", function() return "x" .. a .. "y" .. b end)
drive("compare", function() return a < b, a <= b, a == b, a ~= b, not (a > b), a < 1 and 2 <= b end)
drive("branch", function() if a < b then return "less" end return "not less" end)
drive("while", function() local n = 0 while a == b do n = n + 1 if n == 3 then break end end return n end)
drive("call", function() return (a(1)), a(2), select("#", a(3)) end)
drive("length", function() return #a + #b end)
drive("iterator", function()
  local total = 0
  for i in function(_, i) return coroutine.yield("step " .. tostring(i)) end do
    total = total + i
    if i >= 4 then break end
  end
  return total
end)
