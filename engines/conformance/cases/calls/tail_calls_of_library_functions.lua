-- A library function that is called last finds the function that calls it: for positions, levels and tracebacks.
local w = coroutine.wrap(function() error("inner", 0) end)
print(pcall(function() return w() end))
print(pcall(function() return pcall() end))
print(pcall(function() return xpcall() end))
print(pcall(function() return xpcall(print) end))
print(pcall(function() return coroutine.resume() end))
print(pcall(function() return coroutine.yield() end))
print(pcall(function() return coroutine.wrap() end))
print(pcall(function() local dead = coroutine.wrap(print) dead() return dead() end))
local function levels(level) error("level " .. level, level) end
for level = 1, 4 do
  print(pcall(function() return pcall(levels, level) end))
  print(pcall(function() return levels(level) end))
end
local function lines(text) return (text:gsub("[^\n]*/", "")) end
print(select(2, pcall(function() return pcall(function() print(lines(debug.traceback())) end) end)))
print(select(2, pcall(function() return xpcall(function() error("x") end, function(m) return lines(debug.traceback(m)) end) end)))
local co = coroutine.create(function(...) return coroutine.yield(...) end)
print(coroutine.resume(co, 1, 2, 3))
print(lines(debug.traceback(co)))
print(debug.getinfo(co, 0, "n").name, debug.getinfo(co, 1, "l").currentline, debug.getinfo(co, 2))
print(coroutine.resume(co, 4, 5))
print(coroutine.status(co))
local function resumes(co, ...) return coroutine.resume(co, ...) end
print(resumes(coroutine.create(function(...) print(lines(debug.traceback())) return ... end), nil, 2, nil))
print(resumes(coroutine.create(error), "message"))
-- Results of any number, varargs of any number, and a callee by `__call`.
local function all(...) return pcall(select, ...) end
print(all("#"), all("#", nil, nil), all(2, 1, 2, 3))
print(pcall(function() return setmetatable({}, { __call = coroutine.resume })() end))
print(pcall(function() return setmetatable({}, { __call = select })(1) end))
print((function() return setmetatable({}, { __call = rawequal })(1) end)())
print(pcall(function() return setmetatable({}, { __call = error })("x") end))
print(pcall(function() local t = setmetatable({}, { __call = 5 }) return t() end))
-- A library function that ends with a call of its own.
local object = setmetatable({}, { __pairs = function(o) return 1, 2, 3, 4 end })
local function last(o) if o then return pairs(o) end return "wrong" end
for _ = 1, 200 do last(object) end
print(last(object))
print(pcall(function(...) return pairs(...) end, setmetatable({}, { __pairs = function() error("in pairs") end })))
-- Deep and long.
local function protected(n) if n == 0 then return "bottom" end return pcall(protected, n - 1) end
print(select("#", protected(100)))
local function overflows() return pcall(overflows) end
print(select(-1, overflows()))
local function loop(n) if n == 0 then return "done" end return loop(n - 1) end
print(loop(200000))
local generator = coroutine.wrap(function() for i = 1, 300 do coroutine.yield(i) end return "end" end)
local function next_value() return generator() end
local sum = 0
for _ = 1, 300 do sum = sum + next_value() end
print(sum, next_value())
