-- What lies in a register that is not in use any more keeps nothing alive.
local function collected_in_loop(make)
  local done = false
  local object, other
  object = setmetatable({}, {__gc = function() done = true end})
  other = {34}
  local rounds = 0
  repeat
    object = make(rounds)
    rounds = rounds + 1
    if rounds % 1000 == 0 then collectgarbage() end
  until done or rounds > 100000
  return done, other[1]
end
print(collected_in_loop(function() return {} end))
print(collected_in_loop(function(i) return tostring(i) .. tostring(i) end))
print(collected_in_loop(function() local i return function() return i end end))

-- Neither in a loop without calls,
local done = false
do
  local hidden = setmetatable({}, {__gc = function() done = true end})
end
local spin = 0
while not done and spin < 10000000 do
  local garbage = {}
  spin = spin + 1
end
print(done)

-- nor in the registers of a generic for that has ended.
done = false
for _, object in ipairs {setmetatable({}, {__gc = function() done = true end})} do
  local copy = object
end
collectgarbage()
collectgarbage()
print(done)
