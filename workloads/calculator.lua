-- title: Calculator
-- probes: recursive descent over bytes of a string, short substrings, small tables of results, indirect calls
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: objects
-- test: n=300 result=31839930
-- bench: n=2400 result=254719440
-- large: n=22000 result=2334919134

local byte, sub = string.byte, string.sub
local space, plus, minus, star, percent, open, close = 32, 43, 45, 42, 37, 40, 41
local zero, nine = 48, 57

local parse_sum

-- A parser is its text and a position; each function leaves the position behind what it has read.
local function skip_spaces(parser)
  while byte(parser.text, parser.at) == space do
    parser.at = parser.at + 1
  end
  return byte(parser.text, parser.at)
end

local function parse_atom(parser)
  local first = skip_spaces(parser)
  if first == open then
    parser.at = parser.at + 1
    local inner = parse_sum(parser)
    assert(skip_spaces(parser) == close, "a bracket is not closed")
    parser.at = parser.at + 1
    return inner
  end
  if first == minus then
    parser.at = parser.at + 1
    return { kind = "negate", left = parse_atom(parser) }
  end
  local start = parser.at
  local digit = first
  while digit and digit >= zero and digit <= nine do
    parser.at = parser.at + 1
    digit = byte(parser.text, parser.at)
  end
  if parser.at > start then return { kind = "number", value = tonumber(sub(parser.text, start, parser.at - 1)) } end
  parser.at = parser.at + 1
  return { kind = "variable", name = sub(parser.text, start, start) }
end

local function parse_product(parser)
  local left = parse_atom(parser)
  while true do
    local operator = skip_spaces(parser)
    if operator ~= star and operator ~= percent then return left end
    parser.at = parser.at + 1
    left = { kind = operator == star and "times" or "modulo", left = left, right = parse_atom(parser) }
  end
end

function parse_sum(parser)
  local left = parse_product(parser)
  while true do
    local operator = skip_spaces(parser)
    if operator ~= plus and operator ~= minus then return left end
    parser.at = parser.at + 1
    left = { kind = operator == plus and "plus" or "minus", left = left, right = parse_product(parser) }
  end
end

-- One function for each kind of node.
local evaluate = {}

local function value_of(node, variables) return evaluate[node.kind](node, variables) end

function evaluate.number(node) return node.value end
function evaluate.variable(node, variables) return variables[node.name] end
function evaluate.negate(node, variables) return -value_of(node.left, variables) end
function evaluate.plus(node, variables) return value_of(node.left, variables) + value_of(node.right, variables) end
function evaluate.minus(node, variables) return value_of(node.left, variables) - value_of(node.right, variables) end

function evaluate.times(node, variables)
  return value_of(node.left, variables) * value_of(node.right, variables) % 65536
end

function evaluate.modulo(node, variables)
  local divisor = value_of(node.right, variables)
  return value_of(node.left, variables) % (1 + divisor * divisor % 97)
end

local formulas = {
  "x + 2 * (y - 3) * x - 17",
  "((a + b) * (a - b) + 12) % x",
  "-(x * x) + 3 * x * y - y % 7",
  "1 + 2 + 3 + (4 + (5 + (6 + (7 + x)))) * a * b",
  "x*y*a*b - (x+y+a+b) * (100 - 99)",
}

-- n rounds: every formula is parsed and evaluated for ten values.
return function(n)
  local variables = { x = 0, y = 0, a = 0, b = 0 }
  local total = 0
  for round = 1, n do
    for i = 1, #formulas do
      local tree = parse_sum({ text = formulas[i], at = 1 })
      for x = 1, 10 do
        variables.x, variables.y, variables.a, variables.b = x, round % 50, x + round % 3, i
        total = total + value_of(tree, variables)
      end
    end
  end
  return string.format("%d", total)
end
