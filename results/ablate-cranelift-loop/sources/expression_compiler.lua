-- title: Expression Compiler
-- probes: a lexer over patterns, a tree of records of many classes, lists of instructions, a machine, several results
-- origin: written for jitlab
-- lua: 5.1
-- core: yes
-- group: applications
-- test: n=6 result=5 compiled, 1 refused, 1527 instructions, 55 rounds, 61701 steps, 57 printed, 269298
-- bench: n=35 result=27 compiled, 8 refused, 8161 instructions, 297 rounds, 379830 steps, 854 printed, 509697
-- large: n=350 result=263 compiled, 87 refused, 80378 instructions, 2893 rounds, 3840210 steps, 7036 printed, 156138

-- A compiler for a small language of integer expressions, variables, functions and loops: lexer, parser, folding of
-- constants, code for a stack machine, a pass over that code, and the machine. The programs that it compiles are
-- generated; some have a mistake, which must be found and placed.
--
-- Class idiom: inheritance by copying. A class takes over all methods of its parent when it is declared, so that no
-- lookup goes through a chain; functions return several results.

local format, sub = string.format, string.sub
local insert, concat = table.insert, table.concat

local function class(parent)
  local members = {}
  for name, member in pairs(parent or {}) do
    members[name] = member
  end
  members.__index = members
  return members
end

-- A class of nodes. Its constructor takes the line and the values of the fields that are named here.
local function node_class(parent, ...)
  local members, fields = class(parent), { ... }
  function members.new(line, ...)
    local self = { line = line }
    for i, field in ipairs(fields) do
      self[field] = (select(i, ...))
    end
    return setmetatable(self, members)
  end
  return members
end

-- All arithmetic is modulo this, as on a small machine.
local modulus = 65536

local function fail(line, pattern, ...)
  error({ line = line, message = format(pattern, ...) }, 0)
end

---------------------------------------------------------------------------------------------------------------------
-- The lexer. Each call of next returns the kind of a token, its text and its line.

local Lexer = class()

local keywords = {}
for word in ("fn let while if else return end print and or not"):gmatch("%a+") do
  keywords[word] = true
end

function Lexer.new(source)
  return setmetatable({ source = source, at = 1, line = 1 }, Lexer)
end

function Lexer:skip()
  while true do
    local stop = self.source:match("^[ \t\r]*()", self.at)
    local first = sub(self.source, stop, stop)
    if first == "#" then
      stop = self.source:find("\n", stop, true) or #self.source + 1
    elseif first == "\n" then
      self.line = self.line + 1
      stop = stop + 1
    else
      self.at = stop
      return first
    end
    self.at = stop
  end
end

function Lexer:take(pattern)
  local text = self.source:match(pattern, self.at)
  if text then self.at = self.at + #text end
  return text
end

function Lexer:next()
  local first = self:skip()
  if first == "" then return "end of text", "", self.line end
  local word = self:take("^[%a_][%w_]*")
  if word then return keywords[word] and word or "name", word, self.line end
  local digits = self:take("^%d+")
  if digits then return "number", digits, self.line end
  local symbol = self:take("^[<>=!]=") or self:take("^[-+*/%%<>=(),]")
  if symbol then return symbol, symbol, self.line end
  fail(self.line, "no token begins with '%s'", first)
end

---------------------------------------------------------------------------------------------------------------------
-- The tree. Every node folds itself, which returns the node to use in its place and whether anything has changed, and
-- emits code. A method that a class does not need it has from Node.

local Node = class()

function Node:constant()
  return nil
end

function Node:fold()
  return self, false
end

-- Folds the child in a field.
function Node:fold_field(name)
  local child, changed = self[name]:fold()
  self[name] = child
  return changed
end

function Node:fold_list(list)
  local changed = false
  for i, child in ipairs(list) do
    local folded, has_changed = child:fold()
    list[i] = folded
    changed = changed or has_changed
  end
  return changed
end

local Number = node_class(Node, "value")

function Number:constant()
  return self.value
end

function Number:emit(code)
  code:add("push", self.value)
end

local Name = node_class(Node, "name")

function Name:emit(code)
  code:add("load", code:slot_of(self.name, self.line))
end

local operations = {
  ["+"] = function(a, b) return (a + b) % modulus end,
  ["-"] = function(a, b) return (a - b) % modulus end,
  ["*"] = function(a, b) return a * b % modulus end,
  ["/"] = function(a, b) return b == 0 and 0 or math.floor(a / b) end,
  ["%"] = function(a, b) return b == 0 and 0 or a % b end,
  ["<"] = function(a, b) return a < b and 1 or 0 end,
  [">"] = function(a, b) return a > b and 1 or 0 end,
  ["<="] = function(a, b) return a <= b and 1 or 0 end,
  [">="] = function(a, b) return a >= b and 1 or 0 end,
  ["=="] = function(a, b) return a == b and 1 or 0 end,
  ["!="] = function(a, b) return a ~= b and 1 or 0 end,
}

local Binary = node_class(Node, "operator", "left", "right")

function Binary:fold()
  local left_changed, right_changed = self:fold_field("left"), self:fold_field("right")
  local left, right = self.left:constant(), self.right:constant()
  if left and right then return Number.new(self.line, operations[self.operator](left, right)), true end
  if right == 0 and (self.operator == "+" or self.operator == "-") then return self.left, true end
  if right == 1 and (self.operator == "*" or self.operator == "/") then return self.left, true end
  if left == 0 and self.operator == "+" then return self.right, true end
  return self, left_changed or right_changed
end

function Binary:emit(code)
  self.left:emit(code)
  self.right:emit(code)
  code:add("apply", self.operator)
end

-- 'and' and 'or': the right side is evaluated if the left one does not decide.
local Logical = node_class(Binary, "operator", "left", "right")

function Logical:fold()
  local left_changed, right_changed = self:fold_field("left"), self:fold_field("right")
  local left = self.left:constant()
  if left then
    local left_decides = (left == 0) == (self.operator == "and")
    return left_decides and self.left or self.right, true
  end
  return self, left_changed or right_changed
end

function Logical:emit(code)
  self.left:emit(code)
  local jump = code:add(self.operator == "and" and "jump_if_false_else_drop" or "jump_if_true_else_drop")
  self.right:emit(code)
  code:land(jump)
end

local Call = node_class(Node, "name", "arguments")

function Call:fold()
  return self, self:fold_list(self.arguments)
end

function Call:emit(code)
  local index, parameters = code:function_index(self.name, self.line)
  if parameters ~= #self.arguments then
    fail(self.line, "%s takes %d values, not %d", self.name, parameters, #self.arguments)
  end
  for _, argument in ipairs(self.arguments) do
    argument:emit(code)
  end
  code:add("call", index)
end

-- Statements that consist of one value and what is done with it; 'let' and an assignment have a name as well.
local Action = node_class(Node, "kind", "value", "name")

function Action:fold()
  return self, self:fold_field("value")
end

function Action:emit(code)
  self.value:emit(code)
  if self.kind == "let" then
    code:add("store", code:declare(self.name))
  elseif self.kind == "assign" then
    code:add("store", code:slot_of(self.name, self.line))
  else
    code:add(self.kind)
  end
end

local Block = node_class(Node, "statements")

function Block:fold()
  return self, self:fold_list(self.statements)
end

function Block:emit(code)
  local outer = code:open_scope()
  for _, statement in ipairs(self.statements) do
    statement:emit(code)
  end
  code:close_scope(outer)
end

-- 'if' and 'while': a condition with a block; an 'if' can have another block.
local If = node_class(Node, "condition", "body", "otherwise")

function If:fold()
  local changed = self:fold_field("condition")
  changed = self:fold_field("body") or changed
  if self.otherwise then changed = self:fold_field("otherwise") or changed end
  local value = self.condition:constant()
  if value == 0 then return self.otherwise or Block.new(self.line, {}), true end
  if value then return self.body, true end
  return self, changed
end

function If:emit(code)
  self.condition:emit(code)
  local over_body = code:add("jump_if_false")
  self.body:emit(code)
  if self.otherwise then
    local over_otherwise = code:add("jump")
    code:land(over_body)
    self.otherwise:emit(code)
    code:land(over_otherwise)
  else
    code:land(over_body)
  end
end

local While = node_class(If, "condition", "body")

function While:fold()
  local condition_changed, body_changed = self:fold_field("condition"), self:fold_field("body")
  if self.condition:constant() == 0 then return Block.new(self.line, {}), true end
  return self, condition_changed or body_changed
end

function While:emit(code)
  local start = code:here()
  self.condition:emit(code)
  local out = code:add("jump_if_false")
  self.body:emit(code)
  code:add("jump", start)
  code:land(out)
end

---------------------------------------------------------------------------------------------------------------------
-- The parser.

local Parser = class()

function Parser.new(source)
  local self = setmetatable({ lexer = Lexer.new(source) }, Parser)
  self:advance()
  return self
end

-- Returns the token that is passed, and reads the next one.
function Parser:advance()
  local text, line = self.text, self.line
  self.kind, self.text, self.line = self.lexer:next()
  return text, line
end

function Parser:accept(kind)
  if self.kind ~= kind then return nil end
  return self:advance()
end

function Parser:expect(kind)
  if self.kind ~= kind then fail(self.line, "expected %s, found %s", kind, self.kind) end
  return self:advance()
end

-- From the loosest to the tightest.
local levels = {
  { ["or"] = Logical }, { ["and"] = Logical },
  { ["<"] = Binary, [">"] = Binary, ["<="] = Binary, [">="] = Binary, ["=="] = Binary, ["!="] = Binary },
  { ["+"] = Binary, ["-"] = Binary }, { ["*"] = Binary, ["/"] = Binary, ["%"] = Binary },
}

function Parser:expression(level)
  level = level or 1
  local classes = levels[level]
  if not classes then return self:operand() end
  local left = self:expression(level + 1)
  while classes[self.kind] do
    local operator, line = self:advance()
    left = classes[operator].new(line, operator, left, self:expression(level + 1))
  end
  return left
end

function Parser:operand()
  local digits, line = self:accept("number")
  if digits then return Number.new(line, tonumber(digits) % modulus) end
  local name, name_line = self:accept("name")
  if name then
    if self.kind == "(" then return Call.new(name_line, name, self:arguments()) end
    return Name.new(name_line, name)
  end
  if self:accept("not") then return Binary.new(self.line, "==", Number.new(self.line, 0), self:operand()) end
  if self:accept("-") then return Binary.new(self.line, "-", Number.new(self.line, 0), self:operand()) end
  self:expect("(")
  local inner = self:expression()
  self:expect(")")
  return inner
end

function Parser:arguments()
  local list = {}
  self:expect("(")
  if self:accept(")") then return list end
  repeat
    insert(list, self:expression())
  until not self:accept(",")
  self:expect(")")
  return list
end

function Parser:block()
  local line, statements = self.line, {}
  while self.kind ~= "end" and self.kind ~= "else" and self.kind ~= "end of text" do
    insert(statements, self:statement())
  end
  return Block.new(line, statements)
end

function Parser:statement()
  local line = self.line
  if self:accept("let") then
    local name = self:expect("name")
    self:expect("=")
    return Action.new(line, "let", self:expression(), name)
  elseif self:accept("while") then
    local condition, body = self:expression(), self:block()
    self:expect("end")
    return While.new(line, condition, body)
  elseif self:accept("if") then
    local condition, body = self:expression(), self:block()
    local otherwise = self:accept("else") and self:block() or nil
    self:expect("end")
    return If.new(line, condition, body, otherwise)
  elseif self.kind == "print" or self.kind == "return" then
    local kind = self:advance()
    return Action.new(line, kind, self:expression())
  end
  local name = self:expect("name")
  if self.kind == "(" then return Action.new(line, "drop", Call.new(line, name, self:arguments())) end
  self:expect("=")
  return Action.new(line, "assign", self:expression(), name)
end

-- The functions of a program in their order, each with its parameters and its body.
function Parser:program()
  local functions = {}
  while self:accept("fn") do
    local name, line = self:expect("name")
    local parameters = {}
    self:expect("(")
    while self.kind == "name" do
      insert(parameters, (self:advance()))
      if not self:accept(",") then break end
    end
    self:expect(")")
    local body = self:block()
    self:expect("end")
    insert(functions, { name = name, line = line, parameters = parameters, body = body })
  end
  self:expect("end of text")
  return functions
end

---------------------------------------------------------------------------------------------------------------------
-- Code of one function: instructions, and the names in scope with the slots of their values.

local Code = class()

function Code.new(program)
  return setmetatable({ program = program, instructions = {}, scope = {}, slots = 0, most_slots = 0 }, Code)
end

function Code:add(operation, operand)
  local instruction = { operation = operation, operand = operand }
  insert(self.instructions, instruction)
  return instruction
end

function Code:here()
  return #self.instructions + 1
end

function Code:land(jump)
  jump.operand = self:here()
end

function Code:open_scope()
  local outer = { names = self.scope, slots = self.slots }
  self.scope = setmetatable({}, { __index = outer.names })
  return outer
end

function Code:close_scope(outer)
  self.scope, self.slots = outer.names, outer.slots
end

function Code:declare(name)
  self.slots = self.slots + 1
  if self.slots > self.most_slots then self.most_slots = self.slots end
  self.scope[name] = self.slots
  return self.slots
end

function Code:slot_of(name, line)
  return self.scope[name] or fail(line, "the variable %s is unknown", name)
end

function Code:function_index(name, line)
  local index = self.program.indices[name]
  if not index then fail(line, "the function %s is unknown", name) end
  return index, #self.program.functions[index].parameters
end

function Code:listing()
  local lines = {}
  for i, instruction in ipairs(self.instructions) do
    local operand = instruction.operand
    if type(operand) == "number" then operand = format("%d", operand) end
    lines[i] = format("%d %s %s", i, instruction.operation, operand or "")
  end
  return concat(lines, "\n")
end

-- Returns the program, ready to run, and how often folding went over a function.
local function compile(source)
  local functions = Parser.new(source):program()
  local program, rounds = { functions = functions, indices = {}, codes = {} }, 0
  for i, definition in ipairs(functions) do
    if program.indices[definition.name] then fail(definition.line, "%s is there twice", definition.name) end
    program.indices[definition.name] = i
  end
  for i, definition in ipairs(functions) do
    local changed
    repeat
      definition.body, changed = definition.body:fold()
      rounds = rounds + 1
    until not changed
    local code = Code.new(program)
    for _, name in ipairs(definition.parameters) do
      code:declare(name)
    end
    definition.body:emit(code)
    code:add("push", 0)
    code:add("return")
    program.codes[i] = code
  end
  return program, rounds
end

---------------------------------------------------------------------------------------------------------------------
-- The machine. A frame has its slots and its place in the code; all frames share one stack of values.

local Machine = class()

function Machine.new(program)
  return setmetatable({ program = program, stack = {}, top = 0, frames = {}, printed = {}, steps = 0 }, Machine)
end

function Machine:push(value)
  self.top = self.top + 1
  self.stack[self.top] = value
end

function Machine:pop()
  local value = self.stack[self.top]
  self.top = self.top - 1
  return value
end

function Machine:enter(index)
  local code, slots = self.program.codes[index], {}
  for i = #self.program.functions[index].parameters, 1, -1 do
    slots[i] = self:pop()
  end
  local frame = { instructions = code.instructions, at = 1, slots = slots }
  insert(self.frames, frame)
  return frame
end

local handlers = {}

function handlers.push(machine, _, operand) machine:push(operand) end
function handlers.load(machine, frame, operand) machine:push(frame.slots[operand]) end
function handlers.store(machine, frame, operand) frame.slots[operand] = machine:pop() end
function handlers.drop(machine) machine:pop() end
function handlers.jump(_, frame, operand) frame.at = operand end
function handlers.call(machine, _, operand) machine:enter(operand) end
function handlers.print(machine) insert(machine.printed, machine:pop()) end

handlers["return"] = function(machine) table.remove(machine.frames) end

function handlers.apply(machine, _, operand)
  local right, left = machine:pop(), machine:pop()
  machine:push(operations[operand](left, right))
end

function handlers.jump_if_false(machine, frame, operand)
  if machine:pop() == 0 then frame.at = operand end
end

function handlers.jump_if_false_else_drop(machine, frame, operand)
  if machine.stack[machine.top] == 0 then frame.at = operand else machine:pop() end
end

function handlers.jump_if_true_else_drop(machine, frame, operand)
  if machine.stack[machine.top] ~= 0 then frame.at = operand else machine:pop() end
end

-- Runs a function and returns its value, the number of steps and what it printed.
function Machine:run(name, ...)
  local index = self.program.indices[name] or fail(0, "there is no function %s", name)
  for i = 1, select("#", ...) do
    self:push((select(i, ...)))
  end
  local frames, frame = self.frames, self:enter(index)
  while frame do
    local instruction = frame.instructions[frame.at]
    frame.at = frame.at + 1
    self.steps = self.steps + 1
    handlers[instruction.operation](self, frame, instruction.operand)
    frame = frames[#frames]
  end
  return self:pop(), self.steps, self.printed
end

---------------------------------------------------------------------------------------------------------------------
-- Programs to compile.

local function make_random(seed)
  local state = seed % 2147483646 + 1
  return function(limit)
    state = state * 40692 % 2147483399
    return state % limit + 1
  end
end

local function make_expression(random, names, depth)
  local choice = random(10)
  if depth == 0 or choice <= 2 then return random(2) == 1 and names[random(#names)] or format("%d", random(300)) end
  local left, right = make_expression(random, names, depth - 1), make_expression(random, names, depth - 1)
  if choice == 3 then return format("not %s", names[random(#names)]) end
  if choice == 4 then return format("(%s %s %s)", left, random(2) == 1 and "and" or "or", right) end
  if choice == 5 then return format("(%s %s %s)", left, random(2) == 1 and "<" or "==", right) end
  local operators = { "+", "-", "*", "/", "%", "+" }
  return format("(%s %s %s)", left, operators[random(#operators)], right)
end

local mistakes = { "    sum = = 3", "    total = 1", "    sum = f1(1)", "    sum = 5 $ 3", "  end" }

-- Each function may call those before it, and counts something in a loop.
local function make_source(random, mistake)
  local lines = {}
  local function line(pattern, ...) insert(lines, format(pattern, ...)) end
  for i = 1, 5 do
    local names = { "a", "b", "sum", "i" }
    line("fn f%d(a, b)  # number %d", i, i)
    line("  let sum = %s", make_expression(random, { "a", "b" }, 2))
    line("  let i = 0")
    line("  while i < %d", 2 + random(3))
    line("    if %s", make_expression(random, names, 2))
    line("      let kept = %s", make_expression(random, names, 3))
    line("      sum = sum + kept * (60 - 59) + 2 * 3 * 0")
    line("    else")
    line("      sum = %s", make_expression(random, names, 3))
    line("    end")
    if i > 1 then line("    sum = sum + f%d(i, sum - %d)", math.min(i - 1, random(2)), random(50)) end
    if mistake == i then line(mistakes[i]) end
    line("    i = i + 1")
    line("  end")
    line("  if sum > %d print sum %% 10 end", random(modulus))
    line("  return sum")
    line("end\n")
  end
  line("fn main(x) return f5(x, 1) + f4(x, 2) * f3(2, x) end")
  return concat(lines, "\n")
end

-- n programs; one out of four has a mistake.
return function(n)
  local compiled, refused, instructions, rounds, steps, printed, mark = 0, 0, 0, 0, 0, 0, 0
  for number = 1, n do
    local random = make_random(number * 3001)
    local source = make_source(random, number % 4 == 0 and random(5) or nil)
    local fine, program, folded = pcall(compile, source)
    if fine then
      compiled, rounds = compiled + 1, rounds + folded
      for _, code in ipairs(program.codes) do
        instructions = instructions + #code.instructions
        mark = (mark * 31 + #code:listing() * 7 + code.most_slots) % 1000003
      end
      for x = 1, 3 do
        local value, taken, output = Machine.new(program):run("main", x * number)
        steps, printed = steps + taken, printed + #output
        for _, digit in ipairs(output) do
          mark = (mark * 11 + digit) % 1000003
        end
        mark = (mark * 31 + value) % 1000003
      end
    else
      if type(program) ~= "table" then error(program, 0) end
      refused = refused + 1
      mark = (mark * 31 + program.line * 101 + #program.message) % 1000003
    end
  end
  return format("%d compiled, %d refused, %d instructions, %d rounds, %d steps, %d printed, %d", compiled, refused,
    instructions, rounds, steps, printed, mark)
end
