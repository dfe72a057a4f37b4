-- Each iteration of a loop has its own variables.
local numeric, generic, whiles = {}, {}, {}
for i = 1, 3 do numeric[i] = function() i = i + 10 return i end end
for i, v in ipairs { "a", "b", "c" } do generic[i] = function() v = v .. i return v end end
local n = 0
while n < 3 do
  n = n + 1
  local copy = n
  whiles[n] = function() copy = copy * 2 return copy, n end
end
for i = 1, 3 do print(numeric[i](), numeric[i](), generic[i](), generic[i](), whiles[i]()) end
local repeats = {}
local k = 0
repeat
  local inner = k * 100
  repeats[#repeats + 1] = function() inner = inner + 1 return inner end
  k = k + 1
until inner >= 200
print(#repeats, repeats[1](), repeats[1](), repeats[2](), repeats[3]())
