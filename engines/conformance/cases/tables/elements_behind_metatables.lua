-- Elements of objects: stores that overwrite, append, and fill holes, with and without metamethods; lengths of objects.
local log = {}
local Stack = {}
Stack.__index = Stack
local Guarded = { __index = Stack, __newindex = function(t, k, v) log[#log + 1] = k rawset(t, k, v) end }
function Stack:push(v) self[#self + 1] = v end
function Stack:pop() local v = self[#self] self[#self] = nil return v end
function Stack:set(i, v) self[i] = v end
local function new(M) return setmetatable({}, M) end
local s, g = new(Stack), new(Guarded)
for round = 1, 50 do
	for i = 1, 10 do s:push(i) g:push(i) end
	for i = 1, 10 do s:set(i, i * 2) g:set(i, i * 2) end
	for i = 1, 10 do s:pop() g:pop() end
end
print(#s, #g, #log)
for i = 1, 5 do s:push(true) g:push("x") end
s:set(3, nil) g:set(3, nil)
log = {}
for i = 1, 5 do s:set(i, i) g:set(i, i) end
print(#log, log[1], s[3], g[3])
for i = 1, 5 do s:set(i, i % 2 == 0) g:set(i, i + 0.5) end
print(s[4], g[4], #s, #g)
local L = setmetatable({ 1, 2, 3 }, { __len = function() return 42 end })
local function length(x) return #x end
for i = 1, 200 do length(s) length({ 1 }) length("four") length(L) end
print(length(s), length(L), length(""), length("a\0b"), pcall(length, 1))
getmetatable(s).__len = function() return "own" end
print(length(s))
getmetatable(s).__len = nil
print(length(s))
print(select(2, pcall(length, nil)))
