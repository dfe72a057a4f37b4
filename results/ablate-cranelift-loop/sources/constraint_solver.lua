-- title: Constraint Solver
-- probes: inheritance chains with calls of the inherited method, objects that wake each other, sets with integer keys
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=20 result=15 solved, 4 refused, 28 solutions, 307 of 565 tries failed, depth 23, 3619 revisions, 634240
-- bench: n=120 result=83 solved, 24 refused, 175 solutions, 1822 of 3314 tries failed, depth 23, 21318 revisions, 159261
-- large: n=1200 result=802 solved, 240 refused, 1759 solutions, 18533 of 33112 tries failed, depth 28, 209746 revisions, 554151

-- Finds values for variables with finite domains, by propagation and backtracking. Each problem is one of four kinds:
-- a latin square with gaps, a timetable of exams, a map to be coloured, a basket of goods for a given sum.
--
-- Class idiom: inheritance by a chain of metatables, two to four levels deep, with calls of the inherited method.

local function class(parent)
  local members = {}
  members.__index = members
  return setmetatable(members, { __index = parent })
end

---------------------------------------------------------------------------------------------------------------------
-- Random numbers, the same for every engine.

local Random = class()

function Random.new(seed)
  return setmetatable({ state = seed % 2147483646 + 1 }, Random)
end

function Random:up_to(limit)
  self.state = self.state * 16807 % 2147483647
  return self.state % limit + 1
end

function Random:shuffle(list)
  for i = #list, 2, -1 do
    local j = self:up_to(i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

---------------------------------------------------------------------------------------------------------------------
-- Variables. The domain is a set of integers: domain[value] is true or absent.

local Variable = class()

function Variable.new(name, values)
  local self = setmetatable({ name = name, domain = {}, size = 0, constraints = {} }, Variable)
  for _, value in ipairs(values) do
    if not self.domain[value] then
      self.domain[value] = true
      self.size = self.size + 1
      self.low = math.min(self.low or value, value)
      self.high = math.max(self.high or value, value)
    end
  end
  if self.size == 0 then error({ variable = name, reason = "the domain is empty" }) end
  return self
end

function Variable:is_fixed()
  return self.size == 1
end

function Variable:can_be(value)
  return self.domain[value] == true
end

function Variable:value()
  if self.size > 1 then error({ variable = self.name, reason = "the value is not known" }) end
  return self.low
end

-- The values that are left, in order.
function Variable:values()
  local list = {}
  for value = self.low, self.high do
    if self.domain[value] then list[#list + 1] = value end
  end
  return list
end

---------------------------------------------------------------------------------------------------------------------
-- The store of a problem: its variables, the trail of what was removed from their domains, and the constraints that
-- have to look again. Methods that change a domain return false if nothing would be left of it.

local Store = class()

function Store.new()
  return setmetatable({ variables = {}, by_name = {}, trail = {}, depth = 0, agenda = {}, revisions = 0 }, Store)
end

function Store:add_variable(name, values)
  if self.by_name[name] then error({ variable = name, reason = "the name is taken" }) end
  local variable = Variable.new(name, values)
  self.by_name[name] = variable
  table.insert(self.variables, variable)
  return variable
end

function Store:variable(name)
  return self.by_name[name] or error({ variable = name, reason = "there is no such variable" })
end

function Store:post(constraint)
  for _, variable in ipairs(constraint:scope()) do
    table.insert(variable.constraints, constraint)
  end
  self:schedule(constraint)
  return constraint
end

function Store:schedule(constraint)
  if not constraint.waiting then
    constraint.waiting = true
    self.agenda[#self.agenda + 1] = constraint
  end
end

function Store:remove(variable, value)
  local domain = variable.domain
  if not domain[value] then return true end
  if variable.size == 1 then return false end
  local depth = self.depth + 1
  self.depth = depth
  self.trail[depth] = { variable = variable, value = value, low = variable.low, high = variable.high }
  domain[value] = nil
  variable.size = variable.size - 1
  while not domain[variable.low] do variable.low = variable.low + 1 end
  while not domain[variable.high] do variable.high = variable.high - 1 end
  for _, constraint in ipairs(variable.constraints) do
    if constraint:is_woken_by(variable) then self:schedule(constraint) end
  end
  return true
end

function Store:assign(variable, value)
  if not variable:can_be(value) then return false end
  for _, other in ipairs(variable:values()) do
    if other ~= value and not self:remove(variable, other) then return false end
  end
  return true
end

function Store:at_least(variable, bound)
  while variable.low < bound do
    if not self:remove(variable, variable.low) then return false end
  end
  return true
end

function Store:at_most(variable, bound)
  while variable.high > bound do
    if not self:remove(variable, variable.high) then return false end
  end
  return true
end

function Store:undo_to(depth)
  local trail = self.trail
  for place = self.depth, depth + 1, -1 do
    local entry = trail[place]
    local variable = entry.variable
    variable.domain[entry.value] = true
    variable.size = variable.size + 1
    variable.low, variable.high = entry.low, entry.high
    trail[place] = nil
  end
  self.depth = depth
end

-- Lets constraints look until none has anything to say; the one that fails becomes heavier.
function Store:propagate()
  local agenda, first = self.agenda, 1
  while agenda[first] do
    local constraint = agenda[first]
    first = first + 1
    constraint.waiting = nil
    self.revisions = self.revisions + 1
    if not constraint:revise(self) then
      constraint.weight = constraint.weight + 1
      return false
    end
  end
  self.agenda = {}
  return true
end

function Store:clear_agenda()
  for _, constraint in ipairs(self.agenda) do
    constraint.waiting = nil
  end
  self.agenda = {}
end

function Store:heaviest_constraint()
  local heaviest
  for _, variable in ipairs(self.variables) do
    for _, constraint in ipairs(variable.constraints) do
      if not heaviest or constraint.weight > heaviest.weight then heaviest = constraint end
    end
  end
  return heaviest
end

---------------------------------------------------------------------------------------------------------------------
-- Constraints. The first level knows its weight, the second its variables, the third what is allowed.

local Constraint = class()

function Constraint:init(kind)
  self.kind = kind
  self.weight = 1
  return self
end

function Constraint:is_woken_by()
  return true
end

function Constraint:describe()
  return self.kind
end

-- Two variables.
local Relation = class(Constraint)

function Relation:init(kind, left, right)
  Constraint.init(self, kind)
  self.left, self.right = left, right
  return self
end

function Relation:scope()
  return { self.left, self.right }
end

function Relation:describe()
  return Constraint.describe(self) .. "(" .. self.left.name .. "," .. self.right.name .. ")"
end

-- Any number of variables.
local Group = class(Constraint)

function Group:init(kind, members)
  Constraint.init(self, kind)
  self.members = members
  return self
end

function Group:scope()
  return self.members
end

function Group:describe()
  local names = {}
  for i, member in ipairs(self.members) do
    names[i] = member.name
  end
  return Constraint.describe(self) .. "(" .. table.concat(names, ",") .. ")"
end

local Different = class(Relation)

function Different.new(left, right)
  return setmetatable({}, Different):init("different", left, right)
end

function Different:is_woken_by(variable)
  return variable:is_fixed()
end

function Different:revise(store)
  local left, right = self.left, self.right
  if left:is_fixed() and not store:remove(right, left:value()) then return false end
  return not right:is_fixed() or store:remove(left, right:value())
end

-- At least so far from each other, which is more than different.
local Apart = class(Different)

function Apart.new(left, right, distance)
  local self = setmetatable({}, Apart):init("apart", left, right)
  self.distance = distance
  return self
end

function Apart:clear(store, fixed, other)
  local value = fixed:value()
  for near = value - self.distance + 1, value + self.distance - 1 do
    if not store:remove(other, near) then return false end
  end
  return true
end

function Apart:revise(store)
  if not Different.revise(self, store) then return false end
  local left, right = self.left, self.right
  if left:is_fixed() and not self:clear(store, left, right) then return false end
  return not right:is_fixed() or self:clear(store, right, left)
end

function Apart:describe()
  return string.format("%s>=%d", Different.describe(self), self.distance)
end

local Before = class(Relation)

function Before.new(left, right)
  return setmetatable({}, Before):init("before", left, right)
end

function Before:revise(store)
  return store:at_least(self.right, self.left.low + 1) and store:at_most(self.left, self.right.high - 1)
end

local AllDifferent = class(Group)

function AllDifferent.new(members)
  return setmetatable({}, AllDifferent):init("all_different", members)
end

function AllDifferent:revise(store)
  for _, member in ipairs(self.members) do
    if member:is_fixed() then
      local value = member:value()
      for _, other in ipairs(self.members) do
        if other ~= member and not store:remove(other, value) then return false end
      end
    end
  end
  return true
end

-- All different, and each of the values is taken: a value that only one member can have belongs to it.
local Permutation = class(AllDifferent)

function Permutation.new(members, values)
  local self = setmetatable({}, Permutation):init("permutation", members)
  self.taken_values = values
  return self
end

function Permutation:revise(store)
  if not AllDifferent.revise(self, store) then return false end
  for _, value in ipairs(self.taken_values) do
    local candidate, several
    for _, member in ipairs(self.members) do
      if member:can_be(value) then
        if candidate then
          several = true
          break
        end
        candidate = member
      end
    end
    if not candidate then return false end
    if not several and not store:assign(candidate, value) then return false end
  end
  return true
end

-- The members, each times its factor, add up to a total. Only bounds are looked at.
local WeightedSum = class(Group)

function WeightedSum.new(members, factors, total)
  local self = setmetatable({}, WeightedSum):init("sum", members)
  self.factors, self.total = factors, total
  return self
end

function WeightedSum:bounds()
  local least, most = 0, 0
  for i, member in ipairs(self.members) do
    least = least + self.factors[i] * member.low
    most = most + self.factors[i] * member.high
  end
  return least, most
end

function WeightedSum:revise(store)
  local least, most = self:bounds()
  if least > self.total or most < self.total then return false end
  for i, member in ipairs(self.members) do
    local factor = self.factors[i]
    local upper = math.floor((self.total - least) / factor) + member.low
    local lower = member.high - math.floor((most - self.total) / factor)
    if not store:at_most(member, upper) or not store:at_least(member, lower) then return false end
  end
  return true
end

---------------------------------------------------------------------------------------------------------------------
-- The search: the variable with the fewest values for the weight of its constraints comes first.

local Search = class()

function Search.new(store, limits)
  local self = setmetatable({ store = store, solutions = {}, tried = 0, failed = 0, deepest = 0 }, Search)
  self.most_solutions = limits.solutions or 1
  self.most_tries = limits.tries or math.huge
  return self
end

function Search:choose()
  local best, best_score
  for _, variable in ipairs(self.store.variables) do
    if not variable:is_fixed() then
      local weight = 0
      for _, constraint in ipairs(variable.constraints) do
        weight = weight + constraint.weight
      end
      local score = variable.size / (weight + 1)
      if not best or score < best_score then best, best_score = variable, score end
    end
  end
  return best
end

function Search:record()
  local solution = {}
  for _, variable in ipairs(self.store.variables) do
    solution[variable.name] = variable:value()
  end
  table.insert(self.solutions, solution)
end

function Search:descend(level)
  local variable = self:choose()
  if not variable then return self:record() end
  if level > self.deepest then self.deepest = level end
  for _, value in ipairs(variable:values()) do
    local depth = self.store.depth
    self.tried = self.tried + 1
    if self.store:assign(variable, value) and self.store:propagate() then
      self:descend(level + 1)
    else
      self.failed = self.failed + 1
      self.store:clear_agenda()
    end
    self.store:undo_to(depth)
    if #self.solutions >= self.most_solutions or self.tried >= self.most_tries then return end
  end
end

function Search:run()
  if self.store:propagate() then self:descend(1) end
  return self.solutions
end

---------------------------------------------------------------------------------------------------------------------
-- The problems. Each maker fills a store and returns the limits of the search.

local function range(first, last)
  local list = {}
  for value = first, last do
    list[#list + 1] = value
  end
  return list
end

local makers = {}

function makers.latin_square(store, random)
  local order = 6 + random:up_to(2)
  local rows, columns, symbols = range(1, order), range(1, order), range(1, order)
  random:shuffle(rows)
  random:shuffle(columns)
  random:shuffle(symbols)
  local lines = {}
  for i = 1, order do
    lines["row" .. i], lines["column" .. i] = {}, {}
  end
  for i, row in ipairs(rows) do
    for j, column in ipairs(columns) do
      local known = random:up_to(100) <= 42
      local values = known and { symbols[(row + column) % order + 1] } or range(1, order)
      local cell = store:add_variable(string.format("r%dc%d", i, j), values)
      table.insert(lines["row" .. i], cell)
      table.insert(lines["column" .. j], cell)
    end
  end
  for i = 1, order do
    store:post(Permutation.new(lines["row" .. i], symbols))
    store:post(Permutation.new(lines["column" .. i], symbols))
  end
  return { solutions = 3, tries = 60 }
end

-- Slots are written day and hour: 11 to 15 on the first day, 21 to 25 on the second.
function makers.timetable(store, random)
  local slots, exams = {}, {}
  for day = 1, 3 do
    for hour = 1, 5 do
      table.insert(slots, day * 10 + hour)
    end
  end
  for i = 1, 16 do
    exams[i] = store:add_variable("exam" .. i, slots)
  end
  local met = {}
  for _ = 1, 24 do
    local first, second = random:up_to(#exams), random:up_to(#exams)
    local pair = math.min(first, second) .. "-" .. math.max(first, second)
    if first ~= second and not met[pair] then
      met[pair] = true
      local left, right = exams[first], exams[second]
      store:post(random:up_to(3) == 1 and Apart.new(left, right, 2) or Different.new(left, right))
    end
  end
  for i = 1, 5 do
    store:post(Before.new(exams[i], exams[i + 5]))
  end
  store:post(AllDifferent.new({ exams[1], exams[2], exams[11], exams[12], exams[13] }))
  return { tries = 120 }
end

function makers.map(store, random)
  local width, height = 6, 5
  local colours = { 1, 2, 3, 4 }
  local function region(x, y) return store:variable(string.format("region_%d_%d", x, y)) end
  for y = 1, height do
    for x = 1, width do
      store:add_variable(string.format("region_%d_%d", x, y), random:up_to(6) == 1 and { 1, 3 } or colours)
    end
  end
  for y = 1, height do
    for x = 1, width do
      if x < width then store:post(Different.new(region(x, y), region(x + 1, y))) end
      if y < height then store:post(Different.new(region(x, y), region(x, y + 1))) end
      if x < width and y < height then
        local slanted = random:up_to(2) == 1
        store:post(Different.new(region(slanted and x or x + 1, y), region(slanted and x + 1 or x, y + 1)))
      end
    end
  end
  return { solutions = 2, tries = 150 }
end

function makers.basket(store, random)
  local goods, prices, total = {}, {}, 0
  for i = 1, 6 do
    goods[i] = store:add_variable("goods" .. i, range(0, 8))
    prices[i] = 2 + random:up_to(17)
    total = total + prices[i] * random:up_to(7)
  end
  store:post(WeightedSum.new(goods, prices, total))
  store:post(WeightedSum.new(goods, { 1, 1, 1, 1, 1, 1 }, 21))
  store:post(AllDifferent.new(goods))
  return { solutions = 12, tries = 100 }
end

-- A model with a mistake in it: the store refuses it, with a record that says why.
function makers.mistaken(store, random)
  store:add_variable("first", { 1, 2 })
  if random:up_to(2) == 1 then store:add_variable("second", {}) end
  store:post(Different.new(store:variable("first"), store:variable("second")))
end

local kinds = { "latin_square", "timetable", "map", "basket", "mistaken" }

-- One number for a solution: it names each variable, in the order of the store.
local function fingerprint(store, solution)
  local mark = 7
  for _, variable in ipairs(store.variables) do
    mark = (mark * 31 + solution[variable.name] + #variable.name) % 1000003
  end
  return mark
end

-- n problems, a fifth of them of each kind.
return function(n)
  local solved, solutions, tried, failed, deepest, revisions, mark, refused = 0, 0, 0, 0, 0, 0, 0, 0
  for number = 1, n do
    local random = Random.new(number * 7907)
    local kind = kinds[number % #kinds + 1]
    local store = Store.new()
    local built, limits = pcall(makers[kind], store, random)
    if not built then
      if type(limits) ~= "table" then error(limits, 0) end
      refused = refused + 1
      mark = (mark + #limits.variable * #limits.reason) % 1000003
    else
      local search = Search.new(store, limits)
      local found = search:run()
      if #found > 0 then solved = solved + 1 end
      for _, solution in ipairs(found) do
        mark = (mark * 17 + fingerprint(store, solution)) % 1000003
      end
      solutions, tried, failed = solutions + #found, tried + search.tried, failed + search.failed
      deepest = math.max(deepest, search.deepest)
      revisions = revisions + store.revisions
      local heaviest = store:heaviest_constraint()
      mark = (mark + #heaviest:describe() * heaviest.weight) % 1000003
    end
  end
  return string.format("%d solved, %d refused, %d solutions, %d of %d tries failed, depth %d, %d revisions, %d", solved,
    refused, solutions, failed, tried, deepest, revisions, mark)
end
