-- The parts of debug that programs use.
local info = debug.getinfo(1, "Sl")
print(info.short_src, info.currentline, info.what)
print(debug.traceback("message", 1):match("^message\nstack traceback:\n") ~= nil)
local mt = {}
debug.setmetatable(10, mt)
print(getmetatable(5) == mt)
debug.setmetatable(10, nil)
print(getmetatable(5))
