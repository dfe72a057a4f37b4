-- Empty functions, loops, blocks and statements, and code that never runs.
local function nothing() end
local function only_return() return end
local function dead() do return 1 end print("never") end
print(nothing(), only_return(), dead(), (nothing()))
for _ = 1, 3 do end
for _ in pairs {} do end
while false do end
repeat until true
do end
do do do end end end
;;;
if nothing() then elseif only_return() then else end
local function f() while true do do return "out" end end end
print(f(), select("#", nothing()), #{}, next {})
goto over
print("never")
::over::
local function loops_forever_unless() for i = 1, math.huge do if i > 5 then return i end end end
print(loops_forever_unless())
