-- title: Spreadsheet
-- probes: index functions, calls and operators of objects, names of cells as computed keys, a graph of dependencies
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=1 result=228 cells, 744 evaluations, 53 failed, total 15,126.92, average 19.1, 646971
-- bench: n=8 result=1824 cells, 6153 evaluations, 421 failed, total 126,174.30, average 19.7, 90627
-- large: n=80 result=18240 cells, 60584 evaluations, 3862 failed, total 1,177,182.09, average 20.525, 654240

-- Sheets of cells with numbers, texts and formulas. Formulas are parsed into trees of functions, cells know who
-- depends on them, a change recalculates what it touches in the order of dependence, circles and mistakes become
-- error values, and cells are shown by formats of their own.
--
-- Class idiom: metamethods. A sheet is read and written like a table, sheet.B3 or sheet["B3"] = "=A1+1", through
-- functions behind __index and __newindex; ranges and formats are called, money is added and compared.

local concat, insert, sort = table.concat, table.insert, table.sort
local floor, format = math.floor, string.format

---------------------------------------------------------------------------------------------------------------------
-- Addresses: "B3" is column 2, row 3.

local function column_name(column)
  local name = ""
  while column > 0 do
    local rest = (column - 1) % 26
    name = string.char(65 + rest) .. name
    column = floor((column - rest) / 26)
  end
  return name
end

local function address(column, row)
  return column_name(column) .. format("%d", row)
end

-- Column and row, or nothing if it is no address.
local function parse_address(text)
  local letters, digits = text:match("^(%u+)(%d+)$")
  if not letters then return nil end
  local column = 0
  for i = 1, #letters do
    column = column * 26 + letters:byte(i) - 64
  end
  return column, tonumber(digits)
end

---------------------------------------------------------------------------------------------------------------------
-- Values that are neither numbers nor texts: errors, and money, which keeps whole cents.

local Failure = {}
Failure.__index = Failure

function Failure.__tostring(failure)
  return "#" .. failure.reason
end

local failures = {}
for reason in ("CIRCLE DIVISION EMPTY MISSING NAME SYNTAX TYPE UNIT"):gmatch("%u+") do
  failures[reason] = setmetatable({ reason = reason }, Failure)
end

local function is_failure(value)
  return getmetatable(value) == Failure
end

local function fail(reason)
  error(failures[reason], 0)
end

local Money = {}
Money.__index = Money

local function money(cents)
  return setmetatable({ cents = floor(cents + 0.5) }, Money)
end

local function is_money(value)
  return getmetatable(value) == Money
end

function Money.__add(a, b)
  if not (is_money(a) and is_money(b)) then
    -- Nothing at all can be added to money: sums begin with it.
    if a == 0 then return b end
    if b == 0 then return a end
    fail("UNIT")
  end
  return money(a.cents + b.cents)
end

function Money.__unm(a)
  return money(-a.cents)
end

function Money.__sub(a, b)
  return a + -b
end

function Money.__mul(a, b)
  if is_money(a) and is_money(b) then fail("UNIT") end
  if is_money(a) then return money(a.cents * b) end
  return money(a * b.cents)
end

function Money.__div(a, b)
  if not is_money(a) then fail("UNIT") end
  if is_money(b) then return a.cents / b.cents end
  return money(a.cents / b)
end

function Money.__eq(a, b)
  return a.cents == b.cents
end

function Money.__lt(a, b)
  return a.cents < b.cents
end

function Money.__tostring(a)
  local cents, sign = a.cents, ""
  if cents < 0 then cents, sign = -cents, "-" end
  local whole = format("%d", floor(cents / 100))
  local grouped = whole:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", "")
  return format("%s%s.%02d", sign, grouped, cents % 100)
end

-- Lua versions differ in what they do if only one of the two is money, so this decides it.
local function is_less(a, b)
  if is_money(a) ~= is_money(b) then fail("UNIT") end
  return a < b
end

---------------------------------------------------------------------------------------------------------------------
-- Ranges are called to go through the values in them; # is the number of cells; .. puts ranges together.

local Range = {}

function Range.__index(range, name)
  if name == "columns" then return range.right - range.left + 1 end
  if name == "rows" then return range.bottom - range.top + 1 end
  return rawget(Range, name)
end

local function new_range(left, top, right, bottom)
  if right < left then left, right = right, left end
  if bottom < top then top, bottom = bottom, top end
  return setmetatable({ left = left, top = top, right = right, bottom = bottom }, Range)
end

function Range.__len(range)
  return range.columns * range.rows
end

function Range:address(index)
  local column = (index - 1) % self.columns
  return address(self.left + column, self.top + floor((index - 1) / self.columns))
end

-- for value, index in range(sheet)
function Range.__call(range, sheet)
  local index, count, following = 0, range.columns * range.rows, range.following
  return function()
    while true do
      index = index + 1
      if index <= count then
        local value = sheet[range:address(index)]
        if value ~= nil then return value, index end
      elseif following then
        range, following, index = following, following.following, 0
        count = range.columns * range.rows
      else
        return nil
      end
    end
  end
end

function Range.__concat(first, second)
  local joined = new_range(first.left, first.top, first.right, first.bottom)
  joined.following = first.following and first.following .. second or second
  return joined
end

---------------------------------------------------------------------------------------------------------------------
-- Functions that formulas can call. They get the sheet and functions that give the values of their arguments; a range
-- gives itself.

local library = {}

-- Calls a function for each value, those of ranges one by one. Texts do not count.
local function each_number(sheet, arguments, visit)
  for _, argument in ipairs(arguments) do
    local value = argument(sheet)
    if getmetatable(value) == Range then
      for item in value(sheet) do
        if is_failure(item) then error(item, 0) end
        if type(item) ~= "string" then visit(item) end
      end
    elseif type(value) ~= "string" then
      visit(value)
    end
  end
end

function library.SUM(sheet, arguments)
  local sum = 0
  each_number(sheet, arguments, function(value) sum = sum + value end)
  return sum
end

function library.COUNT(sheet, arguments)
  local count = 0
  each_number(sheet, arguments, function() count = count + 1 end)
  return count
end

function library.AVERAGE(sheet, arguments)
  local count = library.COUNT(sheet, arguments)
  if count == 0 then fail("EMPTY") end
  return library.SUM(sheet, arguments) / count
end

function library.MAX(sheet, arguments)
  local most
  each_number(sheet, arguments, function(value)
    if most == nil or is_less(most, value) then most = value end
  end)
  return most or fail("EMPTY")
end

function library.MIN(sheet, arguments)
  local least
  each_number(sheet, arguments, function(value)
    if least == nil or is_less(value, least) then least = value end
  end)
  return least or fail("EMPTY")
end

function library.IF(sheet, arguments)
  local chosen = arguments[1](sheet) and arguments[2] or arguments[3]
  return chosen and chosen(sheet) or 0
end

function library.ROUND(sheet, arguments)
  local scale = 1
  for _ = 1, arguments[2] and arguments[2](sheet) or 0 do
    scale = scale * 10
  end
  return floor(arguments[1](sheet) * scale + 0.5) / scale
end

-- The value in the second range beside the first value in the first range that is equal.
function library.LOOKUP(sheet, arguments)
  local wanted, keys, results = arguments[1](sheet), arguments[2](sheet), arguments[3](sheet)
  for key, index in keys(sheet) do
    if key == wanted then return sheet[results:address(index)] or 0 end
  end
  fail("MISSING")
end

function library.ISERROR(sheet, arguments)
  local fine, value = pcall(arguments[1], sheet)
  return not fine or is_failure(value)
end

local function text_of(value)
  if type(value) == "number" then return format("%.9g", value) end
  return tostring(value)
end

---------------------------------------------------------------------------------------------------------------------
-- Formulas. A formula is called with its sheet for its value; its needs are the ranges on which it depends.

local Formula = {}
Formula.__index = Formula

function Formula.__call(formula, sheet)
  local fine, value = pcall(formula.evaluate, sheet)
  if not fine then
    -- What Lua itself complains of, like a text times two, is a wrong type.
    return is_failure(value) and value or failures.TYPE
  end
  return value
end

local operators = {
  { ["<"] = is_less, [">"] = function(a, b) return is_less(b, a) end,
    ["="] = function(a, b) return a == b end, ["<>"] = function(a, b) return a ~= b end },
  { ["&"] = function(a, b) return text_of(a) .. text_of(b) end },
  { ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end },
  { ["*"] = function(a, b) return a * b end,
    ["/"] = function(a, b) return b ~= 0 and a / b or fail("DIVISION") end },
}

local patterns = { number = "^%s*(%d+%.?%d*)()", text = '^%s*"([^"]*)"()', word = "^%s*(%u+%d*)()",
  symbol = "^%s*([-+*/&=<>(),:])()", wide = "^%s*(<>)()" }

local Parser = {}
Parser.__index = Parser

function Parser:take(kind, wanted)
  local found, stop = self.source:match(patterns[kind], self.at)
  if not found or wanted and found ~= wanted then return nil end
  self.at = stop
  return found
end

function Parser:expect(symbol)
  if not self:take("symbol", symbol) then fail("SYNTAX") end
end

function Parser:take_operator(level)
  local start = self.at
  local symbol = self:take("wide") or self:take("symbol")
  if symbol and operators[level][symbol] then return operators[level][symbol] end
  self.at = start
  return nil
end

function Parser:expression(level)
  level = level or 1
  if not operators[level] then return self:operand() end
  local left = self:expression(level + 1)
  while true do
    local operator = self:take_operator(level)
    if not operator then return left end
    local first, second = left, self:expression(level + 1)
    left = function(sheet) return operator(first(sheet), second(sheet)) end
  end
end

function Parser:operand()
  local number, text = self:take("number"), nil
  if number then
    local value = tonumber(number)
    return function() return value end
  end
  text = self:take("text")
  if text then return function() return text end end
  local word = self:take("word")
  if word then return self:take("symbol", "(") and self:call(word) or self:reference(word) end
  if self:take("symbol", "-") then
    local operand = self:operand()
    return function(sheet) return -operand(sheet) end
  end
  self:expect("(")
  local inner = self:expression()
  self:expect(")")
  return inner
end

function Parser:call(name)
  local called, arguments = library[name] or fail("NAME"), {}
  if not self:take("symbol", ")") then
    repeat
      insert(arguments, self:expression())
    until not self:take("symbol", ",")
    self:expect(")")
  end
  return function(sheet) return called(sheet, arguments) end
end

function Parser:reference(word)
  local column, row = parse_address(word)
  if not column then fail("NAME") end
  if self:take("symbol", ":") then
    local right, bottom = parse_address(self:take("word") or "")
    if not right then fail("SYNTAX") end
    local range = new_range(column, row, right, bottom)
    insert(self.needs, range)
    return function() return range end
  end
  insert(self.needs, new_range(column, row, column, row))
  return function(sheet)
    local value = sheet[word]
    if is_failure(value) then error(value, 0) end
    return value == nil and 0 or value
  end
end

local function new_formula(source)
  local parser = setmetatable({ source = source, at = 1, needs = {} }, Parser)
  local fine, tree = pcall(parser.expression, parser)
  if fine and source:find("%S", parser.at) then fine, tree = false, failures.SYNTAX end
  if not fine and not is_failure(tree) then error(tree, 0) end
  local evaluate = fine and tree or function() error(tree, 0) end
  return setmetatable({ source = source, evaluate = evaluate, needs = parser.needs }, Formula)
end

---------------------------------------------------------------------------------------------------------------------
-- Sheets. Cells are records { content, formula, value, users }; most have no formula, and many nobody who uses them.
-- Reading sheet.B3 gives the value of a cell, writing it changes the cell; methods are found beside the cells.

local Sheet = {}
local private = setmetatable({}, { __mode = "k" })

function Sheet.__index(sheet, name)
  local cell = private[sheet].cells[name]
  if cell then return cell.value end
  return Sheet[name]
end

function Sheet.__newindex(sheet, name, content)
  if not parse_address(name) then error("no cell is called " .. tostring(name)) end
  sheet:set(name, content)
  if not private[sheet].is_held then sheet:recalculate({ name }) end
end

function Sheet.__len(sheet)
  return private[sheet].count
end

local function new_sheet(title)
  local sheet = setmetatable({}, Sheet)
  private[sheet] = { title = title, cells = {}, count = 0, widths = {}, formats = {}, evaluations = 0, is_held = false }
  return sheet
end

function Sheet:cell(name)
  local own = private[self]
  local cell = own.cells[name]
  if not cell then
    cell = { name = name }
    own.cells[name] = cell
    own.count = own.count + 1
  end
  return cell
end

function Sheet:set(name, content)
  local cell = self:cell(name)
  if cell.formula then
    for _, range in ipairs(cell.formula.needs) do
      for i = 1, range.columns * range.rows do
        self:cell(range:address(i)).users[name] = nil
      end
    end
    cell.formula = nil
  end
  if type(content) == "string" and content:sub(1, 1) == "=" then
    cell.formula = new_formula(content:sub(2))
    for _, range in ipairs(cell.formula.needs) do
      for i = 1, range.columns * range.rows do
        local needed = self:cell(range:address(i))
        needed.users = needed.users or {}
        needed.users[name] = true
      end
    end
  else
    cell.value = content
  end
end

-- Holds recalculation back while a function fills the sheet.
function Sheet:fill(fill)
  local own = private[self]
  own.is_held = true
  fill(self)
  own.is_held = false
  local names = {}
  for name in pairs(own.cells) do
    insert(names, name)
  end
  sort(names)
  self:recalculate(names)
end

-- What has to be calculated if these cells change, in the order of dependence; cells in a circle are marked.
function Sheet:affected(names)
  local cells, order, state = private[self].cells, {}, {}
  local function visit(name)
    state[name] = "open"
    local cell, users = cells[name], {}
    for user in pairs(cell.users or {}) do
      insert(users, user)
    end
    sort(users)
    for _, user in ipairs(users) do
      if state[user] == "open" then
        cell.is_circular, cells[user].is_circular = true, true
      elseif not state[user] then
        visit(user)
      end
    end
    state[name] = "done"
    insert(order, cell)
  end
  for _, name in ipairs(names) do
    if not state[name] then visit(name) end
  end
  return order
end

function Sheet:recalculate(names)
  local own, order = private[self], self:affected(names)
  for i = #order, 1, -1 do
    local cell = order[i]
    if cell.is_circular and cell.formula then
      cell.value = failures.CIRCLE
    elseif cell.formula then
      own.evaluations = own.evaluations + 1
      cell.value = cell.formula(self)
    end
    cell.is_circular = nil
  end
  return #order
end

-- A format belongs to a column; only a few have one.
function Sheet:format_column(letters, pattern, width)
  local column = parse_address(letters .. "1")
  private[self].formats[column] = pattern
  private[self].widths[column] = width
end

function Sheet:show(column, row)
  local own = private[self]
  local value, pattern, width = self[address(column, row)], own.formats[column], own.widths[column] or 8
  local text
  if value == nil then
    text = ""
  elseif type(value) == "number" then
    text = format(pattern or "%.6g", value)
  else
    text = tostring(value)
  end
  if #text > width then text = text:sub(1, width - 1) .. "~" end
  local padding = (" "):rep(width - #text)
  return type(value) == "string" and text .. padding or padding .. text
end

function Sheet:render(range)
  local lines = {}
  for row = range.top, range.bottom do
    local texts = {}
    for column = range.left, range.right do
      insert(texts, self:show(column, row))
    end
    insert(lines, concat(texts, "|"))
  end
  return concat(lines, "\n")
end

function Sheet.__tostring(sheet)
  return format("%s: %d cells", private[sheet].title, private[sheet].count)
end

---------------------------------------------------------------------------------------------------------------------
-- An order book, filled at random and then changed.

local articles = { "bolt", "nut", "washer", "hinge", "screw", "bracket" }

local function make_random(seed)
  local state = seed % 2147483646 + 1
  return function(limit)
    state = state * 48271 % 2147483647
    return state % limit + 1
  end
end

-- Columns: article, quantity, price, amount, running total, discount, remark. The price list is in J and K.
local function fill_orders(sheet, random, rows)
  for i, article in ipairs(articles) do
    sheet["J" .. i], sheet["K" .. i] = article, money(random(5000))
  end
  for row = 1, rows do
    local function put(letter, content) sheet[letter .. row] = (content:gsub("@", row)) end
    put("A", articles[random(#articles)])
    sheet["B" .. row] = random(40)
    put("C", "=LOOKUP(A@, J1:J6, K1:K6)")
    put("D", "=B@*C@-F@")
    put("E", row == 1 and "=D1" or format("=E%d+D@", row - 1))
    put("F", "=C@*IF(B@>30, 3, IF(B@>20, 1, 0))")
    put("G", '=IF(D@>C@*10, "much: "&ROUND(B@/7, 2), A@&" "&B@)')
  end
  local last = format("%d", rows)
  for name, formula in pairs({ D = "=SUM(D1:D@)", E = "=MAX(E1:E@)-D0", F = "=AVERAGE(F1:F@)/MIN(C1:C@)",
    B = "=SUM(B1:B@)/COUNT(B1:B@)", H = "=IF(ISERROR(D0), \"check\", D0/B0)", A = "=COUNT(A1:A@, B1:B@)" }) do
    sheet[name .. "0"] = formula:gsub("@", last)
  end
end

local mistakes = { "=1/0", "=B1*", "=SUM(D0)", "=NOTHING(1)", "=LOOKUP(\"gold\", J1:J6, K1:K6)", "=\"a\"*2", "=C1+1" }

local function checksum(mark, text)
  for i = 1, #text, 2 do
    mark = (mark * 31 + text:byte(i)) % 1000003
  end
  return mark
end

-- n sheets, each with thirty rows and twelve changes.
return function(n)
  local cells, evaluations, failed, total, mark, average = 0, 0, 0, money(0), 0, 0
  for number = 1, n do
    local random, rows = make_random(number * 4513), 30
    local sheet = new_sheet(format("orders %d", number))
    sheet:format_column("B", "%.4g", 5)
    sheet:format_column("G", nil, 12)
    sheet:format_column("E", nil, 11)
    sheet:fill(function() fill_orders(sheet, random, rows) end)
    local everything = new_range(1, 0, 4, rows) .. new_range(5, 0, 8, rows)
    for change = 1, 12 do
      local row = random(rows)
      if change % 6 == 0 then
        local name = "B" .. row
        local before = sheet[name]
        sheet[name] = mistakes[random(#mistakes)]
        for value in everything(sheet) do
          if is_failure(value) then failed = failed + 1 end
        end
        mark = checksum(mark, sheet:render(new_range(1, row, 8, row)))
        sheet[name] = before
      elseif change % 6 == 3 then
        sheet["K" .. random(#articles)] = money(random(5000))
      else
        sheet["B" .. row] = random(40)
      end
    end
    if is_failure(sheet.D0) then error("a mistake was left: " .. tostring(sheet.D0)) end
    total, average = total + sheet.D0, average + sheet.B0
    mark = checksum(mark, sheet:render(new_range(1, 0, 8, rows)))
    mark = checksum(mark, tostring(sheet))
    cells, evaluations = cells + private[sheet].count, evaluations + private[sheet].evaluations
  end
  return format("%d cells, %d evaluations, %d failed, total %s, average %.9g, %d", cells, evaluations, failed,
    tostring(total), average / n, mark)
end
