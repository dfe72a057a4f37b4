-- title: JSON Documents
-- probes: closures as objects, scanning of text by find and byte, building of nested tables and of long strings
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=5 result=1920 values, depth 6, 72219 characters, 127 found, 2 refused, 2252377 cents open, 936589
-- bench: n=30 result=11335 values, depth 6, 427300 characters, 755 found, 18 refused, 12957364 cents open, 373156
-- large: n=300 result=113370 values, depth 6, 4279495 characters, 7648 found, 189 refused, 117957455 cents open, 885935

-- Documents of a small shop are made, written as JSON, read again, changed, queried and written once more, indented.
-- Some are damaged on the way; the reader has to say where.
--
-- Class idiom: closures as objects. A constructor makes a table of functions that share its local variables; nothing
-- has a metatable but the marker for null.

local byte, char, format = string.byte, string.char, string.format
local find, gsub, sub = string.find, string.gsub, string.sub
local concat, insert, sort = table.concat, table.insert, table.sort

-- What stands for null: a table can't hold nil.
local null = setmetatable({}, { __tostring = function() return "null" end })

-- Lists know their length, since a list of nothing and an object of nothing are both an empty table.
local function list(...)
  return { length = select("#", ...), ... }
end

local function is_list(value)
  return type(value) == "table" and value.length ~= nil
end

local function append(items, value)
  items.length = items.length + 1
  items[items.length] = value
end

-- Objects keep their fields in a table of their own, and the order in which they came.
local function object()
  local fields, names = {}, {}
  local self = {}

  function self.set(name, value)
    if fields[name] == nil then names[#names + 1] = name end
    fields[name] = value
    return self
  end

  function self.get(name)
    return fields[name]
  end

  function self.remove(name)
    if fields[name] == nil then return nil end
    local value = fields[name]
    fields[name] = nil
    for i, other in ipairs(names) do
      if other == name then
        table.remove(names, i)
        break
      end
    end
    return value
  end

  function self.names()
    return names
  end

  -- Goes through the fields in their order.
  function self.each()
    local at = 0
    return function()
      at = at + 1
      local name = names[at]
      if name ~= nil then return name, fields[name] end
    end
  end

  return self
end

local function kind_of(value)
  if value == null then return "null" end
  local kind = type(value)
  if kind ~= "table" then return kind end
  return is_list(value) and "list" or "object"
end

---------------------------------------------------------------------------------------------------------------------
-- The reader.

local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

-- The bytes of a code point of the basic plane.
local function utf8_of(code)
  if code < 0x80 then return char(code) end
  local low = code % 64
  local rest = (code - low) / 64
  if code < 0x800 then return char(192 + rest, 128 + low) end
  local middle = rest % 64
  return char(224 + (rest - middle) / 64, 128 + middle, 128 + low)
end

local function make_reader(text)
  local at = 1
  local self = {}
  local depth, deepest, values = 0, 0, 0

  local function fail(expected)
    local line, start = 1, 1
    while true do
      local newline = find(text, "\n", start, true)
      if not newline or newline >= at then break end
      line, start = line + 1, newline + 1
    end
    local found = at > #text and "the end" or "'" .. sub(text, at, at) .. "'"
    error({ line = line, column = at - start + 1, message = format("expected %s, found %s", expected, found) }, 0)
  end

  local function skip()
    at = find(text, "[^ \n\r\t]", at) or #text + 1
    return byte(text, at)
  end

  local function accept(wanted)
    if skip() ~= byte(wanted) then return false end
    at = at + 1
    return true
  end

  local function expect(wanted)
    if not accept(wanted) then fail("'" .. wanted .. "'") end
  end

  local function unescape(letter, rest)
    if letter == "u" then
      local code = tonumber(sub(rest, 1, 4), 16)
      if not code or #rest < 4 then fail("four hexadecimal digits") end
      return utf8_of(code) .. sub(rest, 5)
    end
    return (escapes[letter] or fail("a known escape")) .. rest
  end

  local function read_string()
    expect('"')
    local start, escaped = at, false
    while true do
      local stop = find(text, '["\\]', at)
      if not stop then
        at = #text + 1
        fail("a quotation mark")
      end
      if byte(text, stop) == 34 then
        at = stop + 1
        local raw = sub(text, start, stop - 1)
        if not escaped then return raw end
        return (gsub(raw, "\\(.)([^\\]*)", unescape))
      end
      escaped = true
      at = stop + 2
    end
  end

  local function read_number()
    local first, last = find(text, "^-?%d+%.?%d*[eE]?[+-]?%d*", at)
    local number = first and tonumber(sub(text, first, last))
    if not number then fail("a value") end
    at = last + 1
    return number
  end

  local function read_word(word, value)
    if sub(text, at, at + #word - 1) ~= word then fail("a value") end
    at = at + #word
    return value
  end

  local read_value

  local function read_list()
    local items = list()
    expect("[")
    if accept("]") then return items end
    repeat
      append(items, read_value())
    until not accept(",")
    expect("]")
    return items
  end

  local function read_object()
    local result = object()
    expect("{")
    if accept("}") then return result end
    repeat
      skip()
      local name = read_string()
      expect(":")
      result.set(name, read_value())
    until not accept(",")
    expect("}")
    return result
  end

  local by_first = {
    ["{"] = read_object,
    ["["] = read_list,
    ['"'] = read_string,
    ["t"] = function() return read_word("true", true) end,
    ["f"] = function() return read_word("false", false) end,
    ["n"] = function() return read_word("null", null) end,
  }

  function read_value()
    skip()
    depth, values = depth + 1, values + 1
    if depth > deepest then deepest = depth end
    local value = (by_first[sub(text, at, at)] or read_number)()
    depth = depth - 1
    return value
  end

  -- The only value of the text, or nil and what is wrong.
  function self.read()
    local fine, value = pcall(read_value)
    if fine and skip() then fine, value = pcall(fail, "the end") end
    if fine then return value end
    if type(value) ~= "table" then error(value, 0) end
    return nil, value
  end

  function self.statistics()
    return values, deepest
  end

  return self
end

---------------------------------------------------------------------------------------------------------------------
-- The writer. With an indentation it puts each field on a line; if asked to it sorts the fields by name, or writes
-- nothing but ASCII.

local escape_of = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(character)
  return escape_of[character] or format("\\u%04x", byte(character))
end

-- A character of the basic plane that takes two or three bytes.
local function escape_wide(bytes)
  local first, second, third = byte(bytes, 1, 3)
  local code = third and ((first - 224) * 64 + second - 128) * 64 + third - 128 or (first - 192) * 64 + second - 128
  return format("\\u%04x", code)
end

local function make_writer(options)
  local pieces, level = {}, 0
  local indentation, is_sorted = options.indentation, options.is_sorted
  local self = {}

  local function put(piece)
    pieces[#pieces + 1] = piece
  end

  local function new_line()
    if indentation then put("\n" .. indentation:rep(level)) end
  end

  local function put_string(text)
    put('"')
    local escaped = gsub(text, '[%c"\\]', escape)
    if options.is_ascii then escaped = gsub(escaped, "[\194-\239][\128-\191]+", escape_wide) end
    put(escaped)
    put('"')
  end

  local put_value

  local function between(opening, closing, count, put_item)
    put(opening)
    level = level + 1
    for i = 1, count do
      if i > 1 then put(",") end
      new_line()
      put_item(i)
    end
    level = level - 1
    if count > 0 then new_line() end
    put(closing)
  end

  local writers = { string = put_string }

  function writers.null() put("null") end

  function writers.boolean(value) put(tostring(value)) end

  function writers.number(value)
    put(format(value % 1 == 0 and "%d" or "%.9g", value))
  end

  function writers.list(items)
    between("[", "]", items.length, function(i) put_value(items[i]) end)
  end

  function writers.object(value)
    local names = value.names()
    if is_sorted then
      names = { (unpack or table.unpack)(names) }
      sort(names)
    end
    between("{", "}", #names, function(i)
      put_string(names[i])
      put(indentation and ": " or ":")
      put_value(value.get(names[i]))
    end)
  end

  function put_value(value)
    writers[kind_of(value)](value)
  end

  function self.write(value)
    put_value(value)
    local text = concat(pieces)
    pieces = {}
    return text
  end

  return self
end

---------------------------------------------------------------------------------------------------------------------
-- Queries: "orders.*.lines.*.price" is a path; a step in brackets, "[quantity>3]" or "[state=open]", keeps what
-- fulfils it. A path becomes a chain of functions, each of which hands on what it finds to the next.

local literals = { ["true"] = true, ["false"] = false }

local comparisons = {
  ["="] = function(a, b) return a == b end,
  ["<"] = function(a, b) return type(a) == type(b) and a < b end,
  [">"] = function(a, b) return type(a) == type(b) and a > b end,
}

local function children(value, visit)
  if is_list(value) then
    for i = 1, value.length do visit(value[i]) end
  elseif kind_of(value) == "object" then
    for _, child in value.each() do visit(child) end
  end
end

local function make_step(step, next_step)
  if step == "*" then
    return function(value) children(value, next_step) end
  end
  local field, operator, operand = step:match("^%[(%w+)([=<>])(.*)%]$")
  if field then
    local compare, wanted = comparisons[operator], literals[operand]
    if wanted == nil then wanted = tonumber(operand) or operand end
    return function(value)
      local actual = kind_of(value) == "object" and value.get(field)
      if actual and compare(actual, wanted) then next_step(value) end
    end
  end
  local index = tonumber(step)
  return function(value)
    if index and is_list(value) then
      if index <= value.length then next_step(value[index]) end
    elseif kind_of(value) == "object" and value.get(step) ~= nil then
      next_step(value.get(step))
    end
  end
end

local function make_query(path)
  local steps, found = {}, nil
  for step in path:gmatch("[^.]+") do
    insert(steps, step)
  end
  local run = function(value) append(found, value) end
  for i = #steps, 1, -1 do
    run = make_step(steps[i], run)
  end
  return {
    path = function() return path end,
    all = function(value)
      found = list()
      run(value)
      return found
    end,
    first = function(value)
      found = list()
      run(value)
      return found[1]
    end,
  }
end

---------------------------------------------------------------------------------------------------------------------
-- The documents.

local function make_random(seed)
  local state = seed
  return function(limit)
    state = state * 69621 % 2147483647
    return state % limit + 1
  end
end

local words = { "lamp", "table", "green", "Stra\195\159e", "\"large\"", "set of\tfour", "oak", "c:\\parts", "box",
  "bell\7", "line\nbreak", "5 \226\130\172" }
local states = { "open", "paid", "sent", "returned" }
local cities = { "Oslo", "Porto", "Gda\197\132sk", "Brno", "Ghent" }

local function make_document(number)
  local random = make_random(number * 5449 + 3)
  local function phrase(count)
    local chosen = {}
    for i = 1, count do
      chosen[i] = words[random(#words)]
    end
    return concat(chosen, " ")
  end
  local customers, orders = object(), list()
  for i = 1, 4 do
    local address = object().set("city", cities[random(#cities)]).set("number", random(200))
    local customer = object().set("name", phrase(2)).set("address", address)
    customer.set("tags", random(2) == 1 and list() or list("new", phrase(1), random(9)))
    customers.set(format("c%d", i), customer)
  end
  for i = 1, 10 + random(10) do
    local lines = list()
    for _ = 1, random(5) do
      local line = object().set("article", phrase(random(3))).set("quantity", random(12))
      append(lines, line.set("price", random(9999) / 100))
    end
    append(orders, object().set("id", number * 100 + i).set("customer", format("c%d", random(4)))
      .set("state", states[random(#states)]).set("lines", lines).set("gift", random(8) == 1)
      .set("note", random(3) == 1 and phrase(4) or null))
  end
  return object().set("shop", format("shop %d", number)).set("customers", customers).set("orders", orders)
end

-- Leaves something out or puts something wrong in.
local function damage(text, random)
  local place = random(#text)
  local how = random(3)
  if how == 1 then return sub(text, 1, place) end
  if how == 2 then return sub(text, 1, place - 1) .. sub(text, place + 1) end
  return sub(text, 1, place) .. "}" .. sub(text, place + 1)
end

-- Gives each order its total and the name of its customer in place of the key; returns the sums of the states in cents.
local function complete(document)
  local sums, customers = {}, document.get("customers")
  children(document.get("orders"), function(order)
    local cents = 0
    children(order.get("lines"), function(line)
      local amount = math.floor(line.get("price") * 100 + 0.5) * line.get("quantity")
      line.set("amount", amount / 100)
      cents = cents + amount
    end)
    local customer = customers.get(order.remove("customer"))
    order.set("name", customer.get("name")).set("total", cents / 100)
    if order.get("note") == null then order.remove("note") end
    local state = order.get("state")
    sums[state] = (sums[state] or 0) + cents
  end)
  return sums
end

local paths = { "orders.*.[state=open].lines.*.quantity", "orders.*.[total>900].id", "customers.*.tags.3",
  "customers.*.address.[city=Oslo].number", "orders.2.lines.1.amount", "orders.*.[gift=true].name" }

local function checksum(mark, text)
  for i = 1, #text, 7 do
    mark = (mark * 31 + byte(text, i)) % 1000003
  end
  return (mark + #text) % 1000003
end

-- n documents.
return function(n)
  local random = make_random(n)
  local compact, pretty = make_writer({ is_ascii = true }), make_writer({ indentation = "  ", is_sorted = true })
  local queries = {}
  for i, path in ipairs(paths) do
    queries[i] = make_query(path)
  end
  local mark, read, refused, length, found, open_cents, deepest = 0, 0, 0, 0, 0, 0, 0
  for number = 1, n do
    local text = compact.write(make_document(number))
    local document = assert(make_reader(text).read())
    local sums = complete(document)
    open_cents = open_cents + (sums.open or 0)
    for _, query in ipairs(queries) do
      local results = query.all(document)
      found = found + results.length
      mark = checksum(mark, compact.write(results))
    end
    local indented = pretty.write(document)
    length = length + #text + #indented
    mark = checksum(mark, indented)
    local reader = make_reader(indented)
    if pretty.write(reader.read()) ~= indented then error("the text does not survive") end
    local values, depth = reader.statistics()
    read, deepest = read + values, math.max(deepest, depth)
    local _, problem = make_reader(damage(indented, random)).read()
    if problem then
      refused = refused + 1
      mark = checksum(mark, format("%d:%d: %s", problem.line, problem.column, problem.message))
    end
  end
  return format("%d values, depth %d, %d characters, %d found, %d refused, %d cents open, %d", read, deepest, length,
    found, refused, open_cents, mark)
end
