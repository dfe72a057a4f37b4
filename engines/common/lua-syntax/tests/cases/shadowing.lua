local x = 1
do
  local x = x + 1
  local function f() return x end
  local x = f
end
return x
