-- title: Event Queue
-- probes: a binary heap of records, comparison through a function value, method calls, unpredictable branches
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: objects
-- test: n=6000 result=6012 107836 128 170
-- bench: n=55000 result=55001 1064247 192 2233
-- large: n=500000 result=500008 9609362 265 20865

local Heap = {}
Heap.__index = Heap

function Heap.new(comes_before)
  return setmetatable({ count = 0, comes_before = comes_before }, Heap)
end

function Heap:push(item)
  local place = self.count + 1
  self.count = place
  while place > 1 do
    local parent = (place - place % 2) / 2
    if not self.comes_before(item, self[parent]) then break end
    self[place] = self[parent]
    place = parent
  end
  self[place] = item
end

function Heap:pop()
  local first, last = self[1], self[self.count]
  self[self.count] = nil
  self.count = self.count - 1
  local count = self.count
  if count == 0 then return first end
  local place = 1
  while 2 * place <= count do
    local child = 2 * place
    if child < count and self.comes_before(self[child + 1], self[child]) then child = child + 1 end
    if not self.comes_before(self[child], last) then break end
    self[place] = self[child]
    place = child
  end
  self[place] = last
  return first
end

local function earlier(a, b)
  return a.time < b.time or a.time == b.time and a.number < b.number
end

-- Customers come to a counter with three clerks; n of them are served.
return function(n)
  local queue, waiting, free = Heap.new(earlier), {}, 3
  local random, number, first, last, waited, longest = 4057, 0, 1, 0, 0, 0
  local function schedule(time, kind)
    number = number + 1
    queue:push({ time = time, number = number, kind = kind })
  end
  local function delay(most)
    random = random * 16807 % 2147483647
    return random % most + 1
  end
  -- Reminders that nobody answers keep the heap filled.
  for i = 1, 200 do
    schedule(delay(100000), "reminder")
  end
  schedule(0, "arrival")
  local arrived, served, reminders = 0, 0, 0
  while served < n do
    local event = queue:pop()
    if event.kind == "arrival" then
      arrived = arrived + 1
      last = last + 1
      waiting[last] = event.time
      schedule(event.time + delay(20), "arrival")
    elseif event.kind == "departure" then
      served = served + 1
      free = free + 1
    else
      reminders = reminders + 1
      schedule(event.time + delay(100000), "reminder")
    end
    while free > 0 and first <= last do
      local wait = event.time - waiting[first]
      waiting[first] = nil
      first, free, waited = first + 1, free - 1, waited + wait
      if wait > longest then longest = wait end
      schedule(event.time + delay(55), "departure")
    end
  end
  return string.format("%d %d %d %d", arrived, waited, longest, reminders)
end
