-- Conditions that the compiler can decide.
if nil then print("no") elseif false then print("no") else print("else") end
if 0 then print("zero is true") end
if "" then print("empty is true") end
while false do print("no") end
repeat print("once") until true
print(true and "t" or "f", false and "t" or "f", nil and nil, not true == false, 1 and true, nil == nil)
local x = false or nil
print(x, true or error(), nil and error())
for _ = 1, 1 do if true then break end print("no") end
print(2 > 1 and 1 > 2, "a" < "b" or nil, 1 == 1)
