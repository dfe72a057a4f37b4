-- What can be called in tail position: library functions, __call objects, pcall, and functions of other arity.
local function lib(x) return tostring(x) end
local function sel(...) return select("#", ...) end
local function prot(f, ...) return pcall(f, ...) end
print(lib(12), sel(1, 2, 3), prot(error, "message"), prot(lib, 5))
local function none() return end
local function to_none() return none() end
print(select("#", to_none()))
local function paren(f) return (f()) end
print(select("#", paren(function() return 1, 2 end)), select("#", paren(none)))
local function wide(a, b, c, d, e, f, g, h) return h, g, f, e, d, c, b, a end
local function narrow(x) return wide(x, x + 1, x + 2, x + 3, x + 4, x + 5, x + 6, x + 7) end
print(narrow(1))
local function choose(n) if n > 0 then return wide(n) elseif n == 0 then return "zero" else return choose(-n) end end
print(choose(0), (choose(-3)))
