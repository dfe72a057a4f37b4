-- Calls without parentheses, chained calls, and calls of call results.
local function f(x) return function(y) return type(x) .. ":" .. (type(y) == "table" and #y or y) end end
print(f"a""b", f{}"c", f(1){ 1, 2 }, f[[long]][[s]])
local s = { say = function(self, x) return self.prefix .. x end, prefix = "> " }
print(s:say"hello", s:say[[there]], #s:say"x")
print((f)(1)(2), (function(...) return select("#", ...) end)(nil, nil))
print(type(print)
  == "function")
