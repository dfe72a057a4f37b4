-- title: Stack Machine
-- probes: an interpreter in Lua: dispatch by a chain of branches and by a table of functions, short arrays
-- origin: written for jitlab
-- lua: 5.1
-- core: no
-- group: objects
-- test: n=600 result=9776 453212
-- bench: n=5000 result=88784 3634440
-- large: n=45000 result=801472 32713496

-- A program is an array of words; those that end in a dot are followed by an argument. This one takes the smaller of
-- two variables from the larger until one is 0.
local greatest_divisor = {
  "load.", 1, "load.", 2, "jump_if_less.", 14, -- from 1
  "load.", 1, "load.", 2, "subtract", "store.", 1, -- from 7
  "nop", -- 14
  "load.", 1, "load.", 2, "swap_variables", "drop", "drop", -- from 15
  "load.", 2, "jump_if_zero.", 31, "push.", 0, "drop", "jump.", 1, -- from 22
  "load.", 1, "halt", -- from 31
}

-- Dispatch by comparing words, the frequent ones first.
local function run_by_branches(program, variables, stack)
  local at, top, steps = 1, 0, 0
  while true do
    local word = program[at]
    steps = steps + 1
    if word == "load." then
      top = top + 1
      stack[top] = variables[program[at + 1]]
      at = at + 2
    elseif word == "drop" then
      top = top - 1
      at = at + 1
    elseif word == "push." then
      top = top + 1
      stack[top] = program[at + 1]
      at = at + 2
    elseif word == "subtract" then
      top = top - 1
      stack[top] = stack[top] - stack[top + 1]
      at = at + 1
    elseif word == "store." then
      variables[program[at + 1]] = stack[top]
      top = top - 1
      at = at + 2
    elseif word == "jump_if_less." then
      top = top - 2
      at = stack[top + 1] < stack[top + 2] and program[at + 1] or at + 2
    elseif word == "jump_if_zero." then
      top = top - 1
      at = stack[top + 1] == 0 and program[at + 1] or at + 2
    elseif word == "jump." then
      at = program[at + 1]
    elseif word == "swap_variables" then
      variables[1], variables[2] = variables[2], variables[1]
      at = at + 1
    elseif word == "nop" then
      at = at + 1
    else
      return stack[top], steps
    end
  end
end

-- The same by a table of functions; each returns where the program goes on.
local machine_words = {}

machine_words["load."] = function(machine, at)
  machine.top = machine.top + 1
  machine.stack[machine.top] = machine.variables[machine.program[at + 1]]
  return at + 2
end

machine_words["push."] = function(machine, at)
  machine.top = machine.top + 1
  machine.stack[machine.top] = machine.program[at + 1]
  return at + 2
end

machine_words["store."] = function(machine, at)
  machine.variables[machine.program[at + 1]] = machine.stack[machine.top]
  machine.top = machine.top - 1
  return at + 2
end

machine_words["jump_if_less."] = function(machine, at)
  local stack, top = machine.stack, machine.top - 2
  machine.top = top
  return stack[top + 1] < stack[top + 2] and machine.program[at + 1] or at + 2
end

machine_words["jump_if_zero."] = function(machine, at)
  machine.top = machine.top - 1
  return machine.stack[machine.top + 1] == 0 and machine.program[at + 1] or at + 2
end

machine_words["jump."] = function(machine, at) return machine.program[at + 1] end
machine_words.nop = function(_, at) return at + 1 end

machine_words.drop = function(machine, at)
  machine.top = machine.top - 1
  return at + 1
end

machine_words.subtract = function(machine, at)
  local stack, top = machine.stack, machine.top - 1
  stack[top] = stack[top] - stack[top + 1]
  machine.top = top
  return at + 1
end

machine_words.swap_variables = function(machine, at)
  local variables = machine.variables
  variables[1], variables[2] = variables[2], variables[1]
  return at + 1
end

local function run_by_table(program, variables)
  local machine = { program = program, variables = variables, stack = {}, top = 0 }
  local at, steps = 1, 0
  while true do
    local word = machine_words[program[at]]
    steps = steps + 1
    if not word then return machine.stack[machine.top], steps end
    at = word(machine, at)
  end
end

-- Greatest common divisors by subtraction, n of them each way.
return function(n)
  local stack, sum, steps = {}, 0, 0
  for i = 1, n do
    local a, b = i % 240 + 6, i % 84 + 12
    local one, steps_of_one = run_by_branches(greatest_divisor, { a, b }, stack)
    local other, steps_of_other = run_by_table(greatest_divisor, { b, a })
    sum, steps = sum + one * 3 + other, steps + steps_of_one + steps_of_other
  end
  return string.format("%d %d", sum, steps)
end
