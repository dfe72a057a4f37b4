-- The number of results is adjusted to what the place takes.
local function r(n) if n == 0 then return end if n == 1 then return "a" end if n == 2 then return "a", "b" end return "a", "b", "c" end
for n = 0, 3 do
  local x, y = r(n)
  print(n, x, y, (r(n)), select("#", r(n)), #{ r(n) })
end
print(r(3), r(2))
print((r(0)), select("#", (r(0))), type(r(1)))
print(pcall(function() return type(r(0)) end))
local t = { r(3), r(3) }
print(#t, (r(3)) .. "!")
if r(0) then print("no") else print("nothing is false") end
