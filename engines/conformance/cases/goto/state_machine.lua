-- Labels as states.
local input, position = { "a", "b", "b", "a", "c" }, 0
local trace = {}
local symbol
::start::
position = position + 1
symbol = input[position]
if symbol == "a" then goto state_a elseif symbol == "b" then goto state_b else goto finish end
::state_a::
trace[#trace + 1] = "A" .. position
goto start
::state_b::
trace[#trace + 1] = "B" .. position
goto start
::finish::
print(table.concat(trace, " "), symbol)
