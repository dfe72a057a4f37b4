-- Leaving a function from inside loops gives the value of that moment.
local function find(limit, wanted)
  for i = 1, limit do
    for j = 1, limit do
      if i * j == wanted then return i, j end
    end
  end
  return nil, "not found"
end
print(find(10, 35))
print(find(10, 1))
print(find(10, 100))
print(find(10, 97))
print(find(0, 1))
