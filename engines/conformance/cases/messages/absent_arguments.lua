-- An absent argument is not a nil one, and which of several wrong arguments is complained of.
local function try(f, ...) print(select(2, pcall(f, ...))) end
try(coroutine.isyieldable) try(coroutine.isyieldable, nil) try(coroutine.isyieldable, 5)
print(coroutine.isyieldable(coroutine.create(print)))
try(debug.getinfo, nil, "?") try(debug.getinfo, 1, "?") try(debug.getinfo, nil, 3) try(debug.getinfo, 100, "?")
try(debug.getupvalue) try(debug.getupvalue, nil, 1) try(debug.setupvalue, nil, nil, 1) try(debug.setupvalue)
try(debug.upvalueid) try(debug.upvalueid, 1, 1) try(debug.upvaluejoin) try(debug.upvaluejoin, print, 1)
try(debug.setlocal) try(debug.setlocal, 1) try(debug.setlocal, nil, 1) try(debug.setlocal, 1, 1)
try(debug.getuservalue, nil, 2.5) try(debug.getuservalue, nil, {}) try(debug.getuservalue)
try(debug.setuservalue, nil, nil, 2.5) try(debug.setuservalue, nil, nil, {}) try(debug.setuservalue)
try(math.fmod) try(math.fmod, {}) try(math.fmod, {}, 1) try(math.randomseed, 2.5) try(math.randomseed, nil)
try(package.searchpath) try(package.searchpath, {}, "?") try(package.searchpath, "x", "?", {}, {})
local file = io.tmpfile()
try(file.setvbuf, file, "x", {}) try(file.setvbuf, file, "no", {}) try(file.setvbuf)
-- The metamethods of strings, which a program can call with one argument.
local strings = getmetatable("")
try(strings.__add) try(strings.__add, "3") try(strings.__add, "x") try(strings.__unm, "3") try(strings.__unm, "3", 4)
try(strings.__unm, 3, {}) try(strings.__unm, {})
