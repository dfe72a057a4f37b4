-- What only a variable out of scope or a temporary that is done with still holds is garbage.
local held = setmetatable({}, {__mode = "k"})
local function note(object) held[object] = true return object end
local function count()
  collectgarbage()
  local n = 0
  for _ in pairs(held) do n = n + 1 end
  return n
end

do local a, b, c = note {}, note {}, note {} end
print(count())

for i = 1, 3 do local object = note {} end
print(count())

local function vararg(first, ...)
  first = nil
  return count(), select("#", ...)
end
print(vararg(note {}))

local function many(...) return note {}, note {}, ... end
many()
print(count())
