-- title: Graph Analysis
-- probes: nodes with fields that most of them lack, edges in the array part of their node, work lists, float iterations
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=3 result=1422 settled, 0 cut off, 4 components, 10 bridges, 158 parts, 25 layers, 302 reached, 86 rounds, 977393
-- bench: n=15 result=6290 settled, 2 cut off, 35 components, 125 bridges, 1000 parts, 152 layers, 995 reached, 450 rounds, 463196
-- large: n=150 result=70105 settled, 32 cut off, 313 components, 1092 bridges, 9615 parts, 1554 layers, 9776 reached, 4751 rounds, 585964

-- Analyses of the road map of a made-up district and of the references among its documents: routes, tolls and
-- closures, components and bridges, strongly connected parts, a layered order, dominators, page rank, betweenness.
--
-- Class idioms: mixed tables and absent fields. A node is one table with its edges in the array part and its
-- properties by name; marks that belong to one analysis are put on nodes and taken off again, most fields are nil on
-- most nodes.

local insert, concat, sort, remove = table.insert, table.concat, table.sort, table.remove
local floor, format = math.floor, string.format

---------------------------------------------------------------------------------------------------------------------
-- Graphs. The graph itself is a mixed table: its nodes by number, beside a few fields.

local Graph = {}
Graph.__index = Graph

function Graph.new(name)
  return setmetatable({ name = name, by_label = {}, edges = 0 }, Graph)
end

function Graph:add(label, properties)
  local node = properties or {}
  node.label = label
  node.number = #self + 1
  self[node.number] = node
  self.by_label[label] = node
  return node
end

function Graph:node(label)
  return self.by_label[label] or error(format("%s has no node %s", self.name, label))
end

-- Edges are records too; options can be a toll, a closure, a name.
function Graph:connect(from, to, cost, options)
  local edge = options or {}
  edge.from, edge.to, edge.cost = from, to, cost
  insert(from, edge)
  to.incoming = (to.incoming or 0) + 1
  self.edges = self.edges + 1
  return edge
end

function Graph:connect_both(one, other, cost, options)
  local copy
  if options then
    copy = {}
    for name, value in pairs(options) do copy[name] = value end
  end
  return self:connect(one, other, cost, options), self:connect(other, one, cost, copy)
end

-- Takes marks off all nodes.
function Graph:clear(...)
  for i = 1, select("#", ...) do
    local field = select(i, ...)
    for _, node in ipairs(self) do
      node[field] = nil
    end
  end
end

function Graph:reversed()
  local result = Graph.new(self.name .. " reversed")
  for _, node in ipairs(self) do
    result:add(node.label)
  end
  for _, node in ipairs(self) do
    for _, edge in ipairs(node) do
      result:connect(result[edge.to.number], result[node.number], edge.cost)
    end
  end
  return result
end

---------------------------------------------------------------------------------------------------------------------
-- Shortest routes.

-- A heap of nodes by distance; each node knows its place in it, so that it can move up.
local Frontier = {}
Frontier.__index = Frontier

function Frontier.new()
  return setmetatable({ size = 0 }, Frontier)
end

function Frontier:put(node, place)
  self[place] = node
  node.place = place
end

local function is_nearer(a, b)
  return a.distance < b.distance or a.distance == b.distance and a.number < b.number
end

function Frontier:rise(node)
  local place = node.place
  if not place then
    self.size = self.size + 1
    place = self.size
  end
  while place > 1 do
    local above = floor(place / 2)
    if not is_nearer(node, self[above]) then break end
    self:put(self[above], place)
    place = above
  end
  self:put(node, place)
end

function Frontier:pop()
  local nearest, last = self[1], self[self.size]
  self[self.size] = nil
  self.size = self.size - 1
  nearest.place = nil
  if self.size > 0 then
    local place = 1
    while 2 * place <= self.size do
      local child = 2 * place
      if child < self.size and is_nearer(self[child + 1], self[child]) then child = child + 1 end
      if not is_nearer(self[child], last) then break end
      self:put(self[child], place)
      place = child
    end
    self:put(last, place)
  end
  return nearest
end

-- The cost of an edge for somebody who pays this much for a unit of toll; nil if the edge can't be used.
local function cost_of(edge, toll_factor)
  if edge.closed then return nil end
  if edge.toll then return edge.cost + edge.toll * toll_factor end
  return edge.cost
end

-- Marks nodes with distance and arrival. Returns how many were settled, and whether the goal was.
function Graph:explore(start, goal, toll_factor)
  self:clear("distance", "arrival", "settled", "place")
  local frontier, settled = Frontier.new(), 0
  start.distance = 0
  frontier:rise(start)
  while frontier.size > 0 do
    local node = frontier:pop()
    node.settled = true
    settled = settled + 1
    if node == goal then return settled, true end
    for _, edge in ipairs(node) do
      local cost, to = cost_of(edge, toll_factor), edge.to
      if cost and not to.settled then
        local distance = node.distance + cost
        if not to.distance or distance < to.distance then
          to.distance, to.arrival = distance, edge
          frontier:rise(to)
        end
      end
    end
  end
  return settled, false
end

-- The way to a node that has been reached: its cost, its description, the number of its edges.
function Graph:route_to(goal)
  local legs, node = {}, goal
  while node.arrival do
    insert(legs, 1, node.arrival.name or node.label)
    node = node.arrival.from
  end
  return goal.distance, node.label .. ":" .. concat(legs, ">"), #legs
end

---------------------------------------------------------------------------------------------------------------------
-- Components of graphs whose edges go both ways, and bridges in them.

function Graph:components()
  self:clear("component")
  local sizes = {}
  for _, first in ipairs(self) do
    if not first.component then
      local pending, size = { first }, 0
      first.component = #sizes + 1
      while #pending > 0 do
        local node = remove(pending)
        size = size + 1
        for _, edge in ipairs(node) do
          if not edge.closed and not edge.to.component then
            edge.to.component = first.component
            insert(pending, edge.to)
          end
        end
      end
      insert(sizes, size)
    end
  end
  return #sizes, sizes
end

-- A depth-first search with a stack of its own. visit(node) is called on the way in, leave(node, parent) on the way
-- out, meet(node, edge) for edges to nodes already seen.
local function search_from(first, visit, leave, meet)
  local stack = { { node = first, at = 0 } }
  visit(first)
  while #stack > 0 do
    local frame = stack[#stack]
    frame.at = frame.at + 1
    local edge = frame.node[frame.at]
    if not edge then
      remove(stack)
      leave(frame.node, stack[#stack] and stack[#stack].node, frame.via)
    elseif edge.to.seen then
      meet(frame.node, edge, frame.via)
    else
      insert(stack, { node = edge.to, at = 0, via = edge })
      visit(edge.to)
    end
  end
end

-- Roads without which a part of the map is cut off.
function Graph:bridges()
  self:clear("seen", "low")
  local count, found = 0, {}
  local function visit(node)
    count = count + 1
    node.seen, node.low = count, count
  end
  local function leave(node, parent, via)
    if not parent then return end
    if node.low < parent.low then parent.low = node.low end
    if node.low > parent.seen then insert(found, via) end
  end
  local function meet(node, edge, via)
    local is_way_back = via and edge.to == via.from
    if not is_way_back and edge.to.seen < node.low then node.low = edge.to.seen end
  end
  for _, node in ipairs(self) do
    if not node.seen then search_from(node, visit, leave, meet) end
  end
  return found
end

---------------------------------------------------------------------------------------------------------------------
-- Directed graphs: strongly connected parts, found by one search in the graph and one in its reverse.

function Graph:strong_parts()
  self:clear("seen", "part")
  local order, sizes = {}, {}
  local function nothing() end
  local function mark(node) node.seen = true end
  for _, node in ipairs(self) do
    if not node.seen then
      search_from(node, mark, function(left) insert(order, left) end, nothing)
    end
  end
  local back = self:reversed()
  for i = #order, 1, -1 do
    local first = back[order[i].number]
    if not first.seen then
      local size = 0
      search_from(first, function(node)
        node.seen = true
        size = size + 1
        self[node.number].part = #sizes + 1
      end, nothing, nothing)
      insert(sizes, size)
    end
  end
  return #sizes, sizes
end

-- The graph of the strong parts, and on each of its nodes the layer: how long the longest way to it is. The parts come
-- in an order in which all edges lead forward.
function Graph:condensed()
  local count, sizes = self:strong_parts()
  local result, known, deepest = Graph.new(self.name .. " condensed"), {}, 0
  for part = 1, count do
    result:add(format("part %d", part), { size = sizes[part] })
  end
  for _, node in ipairs(self) do
    for _, edge in ipairs(node) do
      local from, to = node.part, edge.to.part
      if from ~= to and not known[from * 100000 + to] then
        known[from * 100000 + to] = true
        result:connect(result[from], result[to], 1)
      end
    end
  end
  for _, node in ipairs(result) do
    local layer = node.layer or 0
    deepest = layer > deepest and layer or deepest
    for _, edge in ipairs(node) do
      if layer + 1 > (edge.to.layer or 0) then edge.to.layer = layer + 1 end
    end
  end
  return result, deepest
end

-- Marks each node that can be reached from the first with the node that every way to it must pass last.
function Graph:dominators(first)
  self:clear("seen", "rank", "dominator", "sources")
  local order = {}
  search_from(first, function(node) node.seen = true end, function(node) insert(order, node) end, function() end)
  for i, node in ipairs(order) do
    node.rank = i
  end
  for _, node in ipairs(order) do
    for _, edge in ipairs(node) do
      edge.to.sources = edge.to.sources or {}
      insert(edge.to.sources, node)
    end
  end
  local function common(one, other)
    while one ~= other do
      if one.rank < other.rank then one = one.dominator else other = other.dominator end
    end
    return one
  end
  first.dominator = first
  local changed, rounds = true, 0
  while changed do
    changed, rounds = false, rounds + 1
    for i = #order - 1, 1, -1 do
      local node, best = order[i], nil
      for _, source in ipairs(node.sources) do
        if source.dominator then best = best and common(best, source) or source end
      end
      if node.dominator ~= best then
        node.dominator, changed = best, true
      end
    end
  end
  first.dominator = nil
  return #order, rounds
end

---------------------------------------------------------------------------------------------------------------------
-- Importance.

-- Rank flows along references; what documents without references have goes to all.
function Graph:page_rank(damping, tolerance)
  local count, rounds = #self, 0
  for _, node in ipairs(self) do
    node.weight = 1 / count
  end
  repeat
    local lost, change = 0, 0
    for _, node in ipairs(self) do
      if #node == 0 then
        lost = lost + node.weight
      else
        for _, edge in ipairs(node) do
          edge.to.gain = (edge.to.gain or 0) + node.weight / #node
        end
      end
    end
    for _, node in ipairs(self) do
      local weight = (1 - damping) / count + damping * ((node.gain or 0) + lost / count)
      change = change + math.abs(weight - node.weight)
      node.weight, node.gain = weight, nil
    end
    rounds = rounds + 1
  until change < tolerance or rounds >= 50
  return rounds
end

-- How many of the shortest ways between others, counted in edges, pass a node: from every step-th node to all.
function Graph:betweenness(step)
  for _, node in ipairs(self) do
    node.passes = 0
  end
  for start = 1, #self, step do
    self:clear("hops", "ways", "share")
    local order, first = { self[start] }, 1
    self[start].hops, self[start].ways = 0, 1
    while order[first] do
      local node = order[first]
      first = first + 1
      for _, edge in ipairs(node) do
        local to = edge.to
        if not to.hops then
          to.hops, to.ways = node.hops + 1, 0
          insert(order, to)
        end
        if to.hops == node.hops + 1 then to.ways = to.ways + node.ways end
      end
    end
    for i = #order, 2, -1 do
      local node = order[i]
      local share = node.share or 0
      for _, edge in ipairs(node) do
        local to = edge.to
        if to.hops == node.hops + 1 then share = share + node.ways / to.ways * (1 + (to.share or 0)) end
      end
      node.share = share
      node.passes = node.passes + share
    end
  end
end

-- The nodes with the greatest values of a field, as text.
function Graph:leaders(field, count)
  local nodes = { (unpack or table.unpack)(self) }
  sort(nodes, function(a, b)
    local value, other = a[field] or 0, b[field] or 0
    if value ~= other then return value > other end
    return a.number < b.number
  end)
  local texts = {}
  for i = 1, math.min(count, #nodes) do
    texts[i] = format("%s %.9g", nodes[i].label, nodes[i][field] or 0)
  end
  return concat(texts, ", ")
end

---------------------------------------------------------------------------------------------------------------------
-- Districts.

local function make_random(seed)
  local state = seed % 2147483646 + 1
  return function(limit)
    state = state * 16807 % 2147483647
    return state % limit + 1
  end
end

-- A grid with gaps, some fast roads with a toll and a name, and a few roads that are closed.
local function make_map(random, width, height)
  local map = Graph.new("map")
  local function crossing(x, y) return map.by_label[format("x%dy%d", x, y)] end
  for y = 1, height do
    for x = 1, width do
      if random(12) > 1 then
        map:add(format("x%dy%d", x, y), { village = random(20) == 1 and format("village %d", x * y) or nil })
      end
    end
  end
  local function road(one, other)
    if not one or not other or random(9) == 1 then return end
    local options = random(15) == 1 and { closed = true } or nil
    map:connect_both(one, other, 10 + random(30), options)
  end
  for y = 1, height do
    for x = 1, width do
      local here = crossing(x, y)
      road(here, crossing(x + 1, y))
      road(here, crossing(x, y + 1))
    end
  end
  for i = 1, 4 do
    local from, to = map[random(#map)], map[random(#map)]
    local options = { toll = 5 + random(20), name = format("A%d", i) }
    if from ~= to then map:connect_both(from, to, 15 + random(40), options) end
  end
  return map
end

-- Documents refer mostly to near ones, and to a few that many refer to.
local function make_library(random, count)
  local library = Graph.new("library")
  for i = 1, count do
    library:add(format("doc%d", i))
  end
  for i = 1, count do
    local known = {}
    for _ = 1, random(6) - 1 do
      local offset = random(3) == 1 and -random(12) or random(9)
      local target = library[random(6) == 1 and random(5) or i + offset]
      if target and target.number ~= i and not known[target] then
        known[target] = true
        library:connect(library[i], target, random(9), random(10) == 1 and { name = "see also" } or nil)
      end
    end
  end
  return library
end

local function checksum(mark, text)
  for i = 1, #text do
    mark = (mark * 31 + text:byte(i)) % 1000003
  end
  return mark
end

-- n districts.
return function(n)
  local random = make_random(n * 7 + 5)
  local settled, cut_off, components, bridges, parts, layers, dominated, rounds, mark = 0, 0, 0, 0, 0, 0, 0, 0, 0
  for _ = 1, n do
    local map = make_map(random, 14, 9)
    local count = map:components()
    local bridge_list = map:bridges()
    components, bridges = components + count, bridges + #bridge_list
    for _, edge in ipairs(bridge_list) do
      mark = checksum(mark, edge.from.label)
    end
    for trip = 1, 8 do
      local start, goal = map[random(#map)], map[random(#map)]
      local visited, reached = map:explore(start, goal, trip % 3)
      settled = settled + visited
      if reached ~= (start.component == goal.component) then error("the searches disagree") end
      if reached then
        local distance, description, legs = map:route_to(goal)
        mark = checksum(mark + distance + legs, description)
      else
        cut_off = cut_off + 1
      end
    end
    map:betweenness(6)
    mark = checksum(mark, map:leaders("passes", 4))

    local library = make_library(random, 140)
    local condensed, deepest = library:condensed()
    parts, layers = parts + #condensed, layers + deepest
    local reached, passes = library:dominators(library:node("doc70"))
    dominated = dominated + reached
    for _, node in ipairs(library) do
      if node.dominator then mark = (mark * 31 + node.dominator.number) % 1000003 end
    end
    rounds = rounds + passes + library:page_rank(0.85, 1e-6)
    mark = checksum(mark, library:leaders("weight", 4))
  end
  return format("%d settled, %d cut off, %d components, %d bridges, %d parts, %d layers, %d reached, %d rounds, %d",
    settled, cut_off, components, bridges, parts, layers, dominated, rounds, mark)
end
