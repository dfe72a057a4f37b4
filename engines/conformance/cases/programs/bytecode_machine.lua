-- A small stack machine: dispatch through a table of functions and through a chain of conditions.
local program = { "push", 1, "store", "i", "push", 0, "store", "s",
  "load", "s", "load", "i", "add", 0, "store", "s", "load", "i", "push", 1, "add", 0, "store", "i",
  "load", "i", "push", 101, "jumpless", 9, "halt", 0 }
local function by_conditions()
  local stack, top, pc, vars, steps = {}, 0, 1, {}, 0
  while true do
    local op, arg = program[pc], program[pc + 1]
    pc, steps = pc + 2, steps + 1
    if op == "push" then top = top + 1 stack[top] = arg
    elseif op == "load" then top = top + 1 stack[top] = vars[arg]
    elseif op == "store" then vars[arg] = stack[top] top = top - 1
    elseif op == "add" then stack[top - 1] = stack[top - 1] + stack[top] top = top - 1
    elseif op == "jumpless" then top = top - 2 if stack[top + 1] < stack[top + 2] then pc = arg end
    elseif op == "halt" then return vars.s, steps
    end
  end
end
local machine = { push = function(m, v) m.top = m.top + 1 m[m.top] = v end }
function machine.load(m, name) machine.push(m, m.vars[name]) end
function machine.store(m, name) m.vars[name] = m[m.top] m.top = m.top - 1 end
function machine.add(m) m.top = m.top - 1 m[m.top] = m[m.top] + m[m.top + 1] end
function machine.jumpless(m, target) m.top = m.top - 2 if m[m.top + 1] < m[m.top + 2] then m.pc = target end end
function machine.halt(m) m.running = false end
local function by_table()
  local m = { top = 0, pc = 1, vars = {}, running = true }
  while m.running do
    local op, arg = program[m.pc], program[m.pc + 1]
    m.pc = m.pc + 2
    machine[op](m, arg)
  end
  return m.vars.s
end
print(by_conditions())
print(by_table())
