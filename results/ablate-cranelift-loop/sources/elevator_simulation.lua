-- title: Elevator Simulation
-- probes: objects with a metatable each, a heap of events, queues, state machines, fields that come and go
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=600 result=6218 events, 292 dropped, 69 walked, 3 failures, longest 13421, mean wait 421.139298, 511008 860579
-- bench: n=6000 result=59003 events, 3190 dropped, 253 walked, 21 failures, longest 13421, mean wait 248.194738, 930978 235622
-- large: n=50000 result=477978 events, 26835 dropped, 1803 walked, 135 failures, longest 13421, mean wait 214.325882, 399772 865907

-- A day in buildings with several lifts: people arrive, call a lift, get in, ride and get out; a dispatcher decides
-- which lift answers, lifts break down and are repaired, impatient people take the stairs. Time is in tenths of a
-- second. A building serves four hundred people and is then replaced by another one.
--
-- Class idiom: every constructor gives its object a metatable of its own, setmetatable(object, { __index = Class }).

---------------------------------------------------------------------------------------------------------------------
-- Random numbers.

local Random = {}

function Random.new(seed)
  local random = { state = seed }
  return setmetatable(random, { __index = Random })
end

function Random:below(limit)
  self.state = self.state * 48271 % 2147483647
  return self.state % limit
end

function Random:between(low, high)
  return low + self:below(high - low + 1)
end

function Random:chance(percent)
  return self:below(100) < percent
end

---------------------------------------------------------------------------------------------------------------------
-- Events, and the calendar that keeps them in the order of their times. An event that was cancelled stays in the heap
-- until its time comes.

local Event = {}

function Event.new(time, number, target, message, detail)
  local event = { time = time, number = number, target = target, message = message, detail = detail }
  return setmetatable(event, { __index = Event })
end

function Event:comes_before(other)
  if self.time ~= other.time then return self.time < other.time end
  return self.number < other.number
end

function Event:cancel()
  self.cancelled = true
end

local Calendar = {}

function Calendar.new()
  local calendar = { now = 0, numbered = 0, handled = 0, dropped = 0, heap = {} }
  return setmetatable(calendar, { __index = Calendar })
end

function Calendar:after(delay, target, message, detail)
  self.numbered = self.numbered + 1
  local event = Event.new(self.now + delay, self.numbered, target, message, detail)
  local heap = self.heap
  local place = #heap + 1
  heap[place] = event
  while place > 1 do
    local above = math.floor(place / 2)
    if not event:comes_before(heap[above]) then break end
    heap[place] = heap[above]
    place = above
  end
  heap[place] = event
  return event
end

function Calendar:take()
  local heap = self.heap
  local first = heap[1]
  local last = table.remove(heap)
  local count = #heap
  if count == 0 then return first end
  local place = 1
  while true do
    local below = place * 2
    if below > count then break end
    if below < count and heap[below + 1]:comes_before(heap[below]) then below = below + 1 end
    if not heap[below]:comes_before(last) then break end
    heap[place] = heap[below]
    place = below
  end
  heap[place] = last
  return first
end

-- Sends each event to its target until there are none left or somebody stops it.
function Calendar:run()
  while not self.stopped and #self.heap > 0 do
    local event = self:take()
    self.now = event.time
    if event.cancelled then
      self.dropped = self.dropped + 1
    else
      self.handled = self.handled + 1
      local handler = event.target[event.message]
      if not handler then error("nobody handles " .. event.message) end
      handler(event.target, event.detail)
    end
  end
end

---------------------------------------------------------------------------------------------------------------------
-- Figures: count, mean and spread of a series, and how many values fall into each class of its histogram. The
-- histogram is sparse.

local Series = {}

function Series.new(name, width)
  local series = { name = name, width = width, count = 0, mean = 0, squares = 0, classes = {} }
  return setmetatable(series, { __index = Series })
end

function Series:add(value)
  self.count = self.count + 1
  local step = value - self.mean
  self.mean = self.mean + step / self.count
  self.squares = self.squares + step * (value - self.mean)
  if not self.most or value > self.most then self.most = value end
  local class = math.floor(value / self.width) * self.width
  self.classes[class] = (self.classes[class] or 0) + 1
end

function Series:spread()
  if self.count < 2 then return 0 end
  return math.sqrt(self.squares / (self.count - 1))
end

-- The lower end of the class in which the given share of the values ends.
function Series:percentile(percent)
  local bounds = {}
  for bound in pairs(self.classes) do
    table.insert(bounds, bound)
  end
  table.sort(bounds)
  local seen = 0
  for _, bound in ipairs(bounds) do
    seen = seen + self.classes[bound]
    if seen * 100 >= self.count * percent then return bound end
  end
  return 0
end

function Series:report()
  return string.format("%s %d %.9g %.9g %d %d", self.name, self.count, self.mean, self:spread(), self.most or 0,
    self:percentile(90))
end

---------------------------------------------------------------------------------------------------------------------
-- A first-in, first-out queue.

local Queue = {}

function Queue.new()
  local queue = { first = 1, last = 0, items = {} }
  return setmetatable(queue, { __index = Queue })
end

function Queue:push(item)
  self.last = self.last + 1
  self.items[self.last] = item
end

function Queue:is_empty()
  return self.first > self.last
end

function Queue:pop()
  local item = self.items[self.first]
  self.items[self.first] = nil
  self.first = self.first + 1
  return item
end

-- Takes one item out of the middle; says whether it was there.
function Queue:remove(item)
  for place = self.first, self.last do
    if self.items[place] == item then
      for later = place, self.last do
        self.items[later] = self.items[later + 1]
      end
      self.last = self.last - 1
      return true
    end
  end
  return false
end

---------------------------------------------------------------------------------------------------------------------
-- People. One who waits has a reminder to lose patience; one who rides has a lift.

local Person = {}

function Person.new(building, number, from, to)
  local person = { building = building, number = number, from = from, to = to, came_at = building.calendar.now }
  return setmetatable(person, { __index = Person })
end

function Person:direction()
  return self.to > self.from and "up" or "down"
end

function Person:wait(patience)
  self.building.floors[self.from]:join(self)
  if patience then self.reminder = self.building.calendar:after(patience, self, "lose_patience") end
end

function Person:lose_patience()
  self.reminder = nil
  if self.building.floors[self.from]:leave(self) then
    self.on_foot = true
    local steps = math.abs(self.to - self.from)
    self.building.calendar:after(steps * (self:direction() == "up" and 180 or 120), self, "arrive")
  end
end

function Person:board(lift)
  if self.reminder then
    self.reminder:cancel()
    self.reminder = nil
  end
  self.lift = lift
  self.boarded_at = self.building.calendar.now
  self.building.waits:add(self.boarded_at - self.came_at)
end

function Person:arrive()
  self.lift = nil
  self.building:delivered(self)
end

---------------------------------------------------------------------------------------------------------------------
-- Floors: two queues and two buttons.

local Floor = {}

function Floor.new(building, level)
  local floor = { building = building, level = level, up = Queue.new(), down = Queue.new(), pressed = {} }
  return setmetatable(floor, { __index = Floor })
end

function Floor:join(person)
  local direction = person:direction()
  self[direction]:push(person)
  self:press(direction)
end

function Floor:press(direction)
  if self.pressed[direction] or self[direction]:is_empty() then return end
  local lift = self.building:choose_lift(self.level, direction)
  if lift then
    self.pressed[direction] = lift
    lift:answer(self.level)
  else
    self.building.calendar:after(50, self, "press", direction)
  end
end

function Floor:leave(person)
  return self[person:direction()]:remove(person)
end

---------------------------------------------------------------------------------------------------------------------
-- Lifts. A lift is at rest, moving, or open; stops[level] is true where it has to halt, absent elsewhere.

local Lift = {}

local opposite = { up = "down", down = "up" }
local floor_time, door_time, person_time = 25, 40, 8

function Lift.new(building, name, capacity)
  local lift = { building = building, name = name, capacity = capacity, level = 0, state = "at rest", riders = {},
    stops = {}, moved = 0, halts = 0 }
  return setmetatable(lift, { __index = Lift })
end

function Lift:has_stops_between(first, last)
  for level = first, last do
    if self.stops[level] then return true end
  end
  return false
end

function Lift:has_stops_towards(heading)
  if heading == "up" then return self:has_stops_between(self.level + 1, self.building.height) end
  return self:has_stops_between(0, self.level - 1)
end

-- How long it would take to come, roughly; nil if it does not work, or is here and about to leave.
function Lift:cost(level, direction)
  if self.broken then return nil end
  if level == self.level and (self.state == "closed" or #self.riders >= self.capacity) then return nil end
  local distance = math.abs(level - self.level)
  if self.state == "at rest" then return distance end
  local ahead = self.heading == "up" and level >= self.level or self.heading == "down" and level <= self.level
  local cost = distance + 2 * #self.riders
  if not ahead then return cost + 2 * self.building.height end
  return self.heading == direction and cost or cost + self.building.height
end

function Lift:answer(level)
  self.stops[level] = true
  if self.state == "at rest" and not self.broken then self:decide() end
end

-- On in the same direction if there is a stop, else back, else rest.
function Lift:decide()
  local above, below = self:has_stops_towards("up"), self:has_stops_towards("down")
  if self.stops[self.level] then
    self:open()
  elseif above and (self.heading ~= "down" or not below) then
    self:move("up")
  elseif below then
    self:move("down")
  else
    self.state, self.heading = "at rest", nil
  end
end

function Lift:move(heading)
  self.state, self.heading = "moving", heading
  self.building.calendar:after(floor_time, self, "pass", heading == "up" and 1 or -1)
end

function Lift:pass(step)
  self.level = self.level + step
  self.moved = self.moved + 1
  if self.building.random:below(2500) == 0 then
    self:break_down()
  else
    self:decide()
  end
end

-- The calls that it had promised to answer go to the others.
function Lift:break_down()
  self.broken, self.state = true, "at rest"
  self.building.failures = self.building.failures + 1
  self.building.calendar:after(self.building.random:between(600, 3000), self, "repair")
  for _, floor in pairs(self.building.floors) do
    for direction, lift in pairs(floor.pressed) do
      if lift == self then floor.pressed[direction] = nil end
    end
  end
  for level = 0, self.building.height do
    local floor = self.building.floors[level]
    floor:press("up")
    floor:press("down")
  end
end

function Lift:repair()
  self.broken = nil
  self:decide()
end

function Lift:let_out()
  local staying, left = {}, 0
  for _, person in ipairs(self.riders) do
    if person.to == self.level then
      left = left + 1
      person:arrive()
    else
      table.insert(staying, person)
    end
  end
  self.riders = staying
  return left
end

function Lift:let_in(direction)
  local floor, boarded = self.building.floors[self.level], 0
  local queue = floor[direction]
  while #self.riders < self.capacity and not queue:is_empty() do
    local person = queue:pop()
    person:board(self)
    table.insert(self.riders, person)
    self.stops[person.to] = true
    boarded = boarded + 1
  end
  floor.pressed[direction] = nil
  return boarded
end

function Lift:open()
  self.state = "open"
  self.stops[self.level] = nil
  self.halts = self.halts + 1
  local moved = self:let_out()
  local heading = self.heading or "up"
  moved = moved + self:let_in(heading)
  -- With nothing to do ahead it turns, and takes those who want to go back.
  if not self:has_stops_towards(heading) then moved = moved + self:let_in(opposite[heading]) end
  self.building.loads:add(#self.riders)
  self.building.calendar:after(door_time + moved * person_time, self, "close")
end

-- Those whom it left behind have to call again.
function Lift:close()
  local floor = self.building.floors[self.level]
  self.state = "closed"
  for _, direction in ipairs({ "up", "down" }) do
    if floor.pressed[direction] == self then floor.pressed[direction] = nil end
    floor:press(direction)
  end
  if self.state == "closed" then self:decide() end
end

---------------------------------------------------------------------------------------------------------------------
-- A building puts them together, and decides who comes when.

local Building = {}

function Building.new(number, people)
  local random = Random.new(number * 6151 + 17)
  local building = {
    calendar = Calendar.new(), random = random, height = random:between(8, 20), expected = people, arrived = 0,
    done = 0, walked = 0, failures = 0, order = 0, floors = {}, lifts = {},
    waits = Series.new("wait", 50), trips = Series.new("trip", 100), loads = Series.new("load", 1),
  }
  setmetatable(building, { __index = Building })
  for level = 0, building.height do
    building.floors[level] = Floor.new(building, level)
  end
  for i = 1, random:between(2, 5) do
    building.lifts[i] = Lift.new(building, string.format("lift %d", i), random:between(6, 12))
  end
  return building
end

function Building:choose_lift(level, direction)
  local best, best_cost
  for _, lift in ipairs(self.lifts) do
    local cost = lift:cost(level, direction)
    if cost and (not best or cost < best_cost) then
      best, best_cost = lift, cost
    end
  end
  return best, best_cost
end

-- In the morning most go up from the ground, at noon anywhere, in the evening down.
function Building:errand()
  local share = self.arrived / self.expected
  local random, height = self.random, self.height
  if share < 0.4 and random:chance(80) then return 0, random:between(1, height) end
  if share > 0.7 and random:chance(80) then return random:between(1, height), 0 end
  local from = random:between(0, height)
  local to = random:between(0, height - 1)
  return from, to >= from and to + 1 or to
end

function Building:someone_comes()
  self.arrived = self.arrived + 1
  local person = Person.new(self, self.arrived, self:errand())
  person:wait(self.random:chance(60) and self.random:between(300, 1500) or nil)
  if self.arrived < self.expected then
    self.calendar:after(self.random:between(5, math.floor(600 / #self.lifts)), self, "someone_comes")
  end
end

function Building:delivered(person)
  self.done = self.done + 1
  self.trips:add(self.calendar.now - person.came_at)
  if person.on_foot then self.walked = self.walked + 1 end
  self.order = (self.order * 31 + person.number) % 1000003
  if self.done == self.expected then self.calendar.stopped = true end
end

function Building:serve()
  self.calendar:after(0, self, "someone_comes")
  self.calendar:run()
  if self.done < self.expected then error("somebody was forgotten") end
end

function Building:report()
  local lines = { self.waits:report(), self.trips:report(), self.loads:report() }
  for _, lift in ipairs(self.lifts) do
    table.insert(lines, string.format("%s moved %d halted %d", lift.name, lift.moved, lift.halts))
  end
  return table.concat(lines, "\n")
end

-- n people, four hundred in each building.
return function(n)
  local handled, dropped, walked, failures, order, mark, longest, means = 0, 0, 0, 0, 0, 0, 0, 0
  local number, left = 0, n
  while left > 0 do
    number = number + 1
    local people = math.min(left, 400)
    left = left - people
    local building = Building.new(number, people)
    building:serve()
    handled, dropped = handled + building.calendar.handled, dropped + building.calendar.dropped
    walked, failures = walked + building.walked, failures + building.failures
    order = (order * 7 + building.order) % 1000003
    longest = math.max(longest, building.trips.most)
    means = means + building.waits.mean
    for character in building:report():gmatch(".") do
      mark = (mark * 13 + character:byte()) % 1000003
    end
  end
  return string.format("%d events, %d dropped, %d walked, %d failures, longest %d, mean wait %.9g, %d %d", handled,
    dropped, walked, failures, longest, means / number, order, mark)
end
