-- What nests in other ways is limited at the depth where PUC Lua limits it, and the error has no place.
local function most(before, open, inside, close)
  local count, message = 0, nil
  repeat
    count = count + 1
    local source = before .. open:rep(count) .. inside .. close:rep(count)
    local f
    f, message = load(source, "=deep")
  until not f or count > 300
  return count - 1, message
end
local function is_limited(...)
  local count, message = most(...)
  -- A stand-alone interpreter's own handler may add a traceback here.
  print((...), count, message:match("^[^\n]*"))
end
is_limited("return ", "(", "1", ")")
is_limited("return ", "{", "", "}")
is_limited("return ", "- ", "x", "")
is_limited("return ", "not ", "x", "")
is_limited("return ", "a[", "x", "]")
is_limited("return ", "a .. ", "a", "")
is_limited("return ", "a ^ ", "a", "")
is_limited("return ", "{ [", "1", "] = 1 }")
is_limited("", "do ", "", " end")
is_limited("", "while a do ", "", " end")
is_limited("", "repeat ", "", " until a")
is_limited("", "if a then ", "", " end")
is_limited("", "if a then else ", "", " end")
is_limited("", "for i = 1, 2 do ", "", " end")
is_limited("", "for k in f do ", "", " end")
is_limited("", "function f() ", "", " end")
is_limited("", "local function f() ", "", " end")
is_limited("", "return function() ", "", " end")
is_limited("local a; a", ", a", " = 1", "")
for _, open in ipairs { "(", "{", "a = a[", "do ", "function f() ", "x = - ", "x = a .. ", "a, ", "if a then ", "x = {{" } do
  local f, message = load(open:rep(200000))
  print(open, f, message:match("^[^\n]*"))
end
