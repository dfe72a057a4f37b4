-- What debug sees of functions that went through string.dump, with and without their names.
local a, b = 1, 2
local function f(x)
  local sum = a + x
  return sum, b
end
local whole, stripped = load(string.dump(f)), load(string.dump(f, true))
for _, loaded in ipairs({ whole, stripped }) do
  print(debug.getupvalue(loaded, 1) == debug.getupvalue(whole, 1), (debug.getupvalue(loaded, 2)), debug.getupvalue(loaded, 3))
  print(debug.setupvalue(loaded, 1, 10), debug.setupvalue(loaded, 2, 20), loaded(5))
  local info = debug.getinfo(loaded)
  print(info.short_src, info.linedefined, info.lastlinedefined, info.nups, info.nparams, info.isvararg, info.what)
  print(debug.getlocal(loaded, 1), next(debug.getinfo(loaded, "L").activelines) ~= nil)
end
print(a, b)
local line = load(string.dump(load("return debug.getinfo(1, 'l').currentline, debug.getinfo(1, 'S').source", "=named")))
print(line())
local none = load(string.dump(load("return debug.getinfo(1, 'l').currentline, debug.getinfo(1, 'S').source"), true))
print(none())
print(debug.getinfo(load(string.dump(none)), "S").source)
local lines = {}
debug.sethook(function(_, l) lines[#lines + 1] = tostring(l) end, "l")
stripped(1)
debug.sethook()
print(lines[2])
