//! From the tree to Lua, and from an error of that Lua program back to the expression.
//!
//! The chunk returns a function. Its parameters are what [`Expression::needed`] says, its results the value of the
//! program and what [`Expression::assigned`] says. Lua's integers wrap by themselves; what differs (`/`, `%`,
//! comparisons as numbers) is written out here.

use std::fmt::Write;

use crate::problem::{Position, Problem, ProblemKind};
use crate::tree::{BinaryOperator, Expression, Function, Node, NodeId};

/// How the message of an error begins that this translation raises; behind it come a kind and an offset.
const MARK: &str = "expression error: ";

/// A Lua function that the translation uses. Each stands before those that call it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Helper {
    Divide,
    Remainder,
    Fibonacci,
    Factorial,
    Power,
}

impl Helper {
    const ALL: [Helper; 5] = [Helper::Divide, Helper::Remainder, Helper::Fibonacci, Helper::Factorial, Helper::Power];

    fn name(self) -> &'static str {
        match self {
            Helper::Divide => "divide",
            Helper::Remainder => "remainder",
            Helper::Fibonacci => "fib",
            Helper::Factorial => "fact",
            Helper::Power => "pow",
        }
    }

    /// What it raises.
    fn problem(self) -> ProblemKind {
        match self {
            Helper::Divide | Helper::Remainder => ProblemKind::DivisionByZero,
            Helper::Fibonacci => ProblemKind::NegativeArgument(Function::Fibonacci.name()),
            Helper::Factorial => ProblemKind::NegativeArgument(Function::Factorial.name()),
            Helper::Power => ProblemKind::NegativeArgument(Function::Power.name()),
        }
    }

    /// Its definition. `at` is where the expression calls it.
    fn lua(self) -> &'static str {
        match self {
            // Lua's quotient is rounded down: one too low if it is negative and not exact.
            Helper::Divide => {
                "local function divide(a, b, at)
  if b == 0 then error(\"expression error: divide \" .. at, 0) end
  local quotient = a // b
  if quotient < 0 and quotient * b ~= a then return quotient + 1 end
  return quotient
end
"
            }
            // Lua's remainder has the sign of the divisor.
            Helper::Remainder => {
                "local function remainder(a, b, at)
  if b == 0 then error(\"expression error: remainder \" .. at, 0) end
  local rest = a % b
  if rest ~= 0 and rest ~ a < 0 then return rest - b end
  return rest
end
"
            }
            Helper::Fibonacci => {
                "local function fibonacci(n)
  if n < 2 then return n end
  return fibonacci(n - 1) + fibonacci(n - 2)
end
local function fib(n, at)
  if n < 0 then error(\"expression error: fib \" .. at, 0) end
  return fibonacci(n)
end
"
            }
            // From 66 on there are 64 factors of 2 in it, so that nothing is left of it in 64 bits.
            Helper::Factorial => {
                "local function factorial(n)
  if n < 2 then return 1 end
  return n * factorial(n - 1)
end
local function fact(n, at)
  if n < 0 then error(\"expression error: fact \" .. at, 0) end
  if n > 65 then return 0 end
  return factorial(n)
end
"
            }
            // Half of the exponent each time.
            Helper::Power => {
                "local function power(b, e)
  if e == 0 then return 1 end
  local rest = power(b * b, e >> 1)
  if e & 1 == 1 then return b * rest end
  return rest
end
local function pow(b, e, at)
  if e < 0 then error(\"expression error: pow \" .. at, 0) end
  return power(b, e)
end
"
            }
        }
    }
}

impl Expression {
    /// The program in Lua: a chunk that returns a function of the values of [`Expression::needed`], which returns the
    /// program's value and those of [`Expression::assigned`]. All of them are integers.
    pub fn to_lua(&self) -> String {
        let mut lua = String::from("local error = error\n");
        for helper in Helper::ALL {
            if self.nodes.iter().any(|node| helper_of(node) == Some(helper)) {
                lua.push_str(helper.lua());
            }
        }
        let names = |is_wanted: &dyn Fn(usize) -> bool| {
            let wanted = (0..self.variables.len()).filter(|index| is_wanted(*index));
            wanted.map(|index| self.variable_name(index)).collect::<Vec<String>>().join(", ")
        };
        let is_needed = |index: usize| self.variables[index].needed_at.is_some();
        let _infallible = writeln!(lua, "return function({})", names(&is_needed));
        let locals = names(&|index| !is_needed(index));
        if !locals.is_empty() {
            let _infallible = writeln!(lua, "  local {locals}");
        }
        let (last, before) = self.statements.split_last().expect("a program has a statement");
        if before.iter().any(|statement| statement.targets.is_empty()) {
            // What is computed for nothing may still divide by zero.
            lua.push_str("  local ignored\n");
        }
        for statement in before {
            let Some(first) = statement.targets.first() else {
                lua.push_str("  ignored = ");
                self.write(statement.value, 0, &mut lua);
                lua.push('\n');
                continue;
            };
            self.assign(statement.value, self.index(*first), &mut lua);
            self.copy(&statement.targets.iter().map(|target| self.index(*target)).collect::<Vec<_>>(), &mut lua);
        }
        let result = match last.targets.first() {
            Some(first) => {
                self.assign(last.value, self.index(*first), &mut lua);
                self.copy(&last.targets.iter().map(|target| self.index(*target)).collect::<Vec<_>>(), &mut lua);
                self.variable_name(self.index(*first))
            }
            None => {
                let mut value = String::new();
                self.write(last.value, 0, &mut value);
                value
            }
        };
        let assigned = names(&|index| self.variables[index].is_assigned);
        let separator = if assigned.is_empty() { "" } else { ", " };
        let _infallible = writeln!(lua, "  return {result}{separator}{assigned}\nend");
        lua
    }

    /// The problem that a Lua error says, if its message is one of the translation's; `None` for any other, such as
    /// "stack overflow".
    pub fn explain(&self, message: &str) -> Option<Problem> {
        let (helper, offset) = message.strip_prefix(MARK)?.split_once(' ')?;
        let helper = Helper::ALL.into_iter().find(|known| known.name() == helper)?;
        let offset = offset.parse().ok().filter(|offset| *offset < self.text.len())?;
        Some(Problem { kind: helper.problem(), position: Position::of(&self.text, offset) })
    }

    fn assign(&self, value: NodeId, target: usize, lua: &mut String) {
        let _infallible = write!(lua, "  {} = ", self.variable_name(target));
        self.write(value, 0, lua);
        lua.push('\n');
    }

    /// Gives the other targets of a statement the value of the first.
    fn copy(&self, targets: &[usize], lua: &mut String) {
        for target in &targets[1..] {
            let _infallible = writeln!(lua, "  {} = {}", self.variable_name(*target), self.variable_name(targets[0]));
        }
    }

    /// A name that is no word of Lua and none of ours.
    fn variable_name(&self, index: usize) -> String {
        format!("{}_", self.variables[index].name)
    }

    /// Writes a node where Lua expects operators of at least this precedence: 1 for sums, 2 for products, 3 for what
    /// needs no parentheses anywhere.
    fn write(&self, id: NodeId, precedence: u8, lua: &mut String) {
        // Writing to a string cannot fail.
        match self.node(id) {
            Node::Number(number) if *number < 0 => {
                // The lowest has no decimal form in Lua that is an integer.
                let _infallible = write!(lua, "{:#x}", number);
            }
            Node::Number(number) => {
                let _infallible = write!(lua, "{number}");
            }
            Node::Variable(variable) => lua.push_str(&self.variable_name(self.index(*variable))),
            Node::Negate(operand) => {
                lua.push_str("(-");
                self.write(*operand, 3, lua);
                lua.push(')');
            }
            Node::Binary { operator, left, right, offset } => match operator {
                BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply => {
                    self.write_chain(id, precedence, lua);
                }
                BinaryOperator::Divide | BinaryOperator::Remainder => {
                    let helper = helper_of(self.node(id)).expect("it has one");
                    self.write_call(helper, &[*left, *right], *offset, lua);
                }
                BinaryOperator::LessOrEqual
                | BinaryOperator::GreaterOrEqual
                | BinaryOperator::Equal
                | BinaryOperator::NotEqual
                | BinaryOperator::Less
                | BinaryOperator::Greater => {
                    lua.push('(');
                    self.write(*left, 1, lua);
                    let in_lua = if *operator == BinaryOperator::NotEqual { "~=" } else { operator.text() };
                    let _infallible = write!(lua, " {in_lua} ");
                    self.write(*right, 1, lua);
                    lua.push_str(" and 1 or 0)");
                }
            },
            Node::Call { function, arguments, offset } => match function {
                // Every number is true in Lua, so this has no other case.
                Function::If => {
                    lua.push('(');
                    self.write(arguments[0], 1, lua);
                    lua.push_str(" ~= 0 and ");
                    self.write(arguments[1], 1, lua);
                    lua.push_str(" or ");
                    self.write(arguments[2], 1, lua);
                    lua.push(')');
                }
                Function::Fibonacci | Function::Factorial | Function::Power => {
                    let helper = helper_of(self.node(id)).expect("it has one");
                    self.write_call(helper, arguments, *offset, lua);
                }
            },
        }
    }

    /// A chain of operators that Lua has too, without a level of recursion for each.
    fn write_chain(&self, id: NodeId, precedence: u8, lua: &mut String) {
        let own = native_precedence(self.node(id));
        let needs_parentheses = own < precedence;
        if needs_parentheses {
            lua.push('(');
        }
        let mut links = Vec::new();
        let mut current = id;
        let mut binds = own;
        while let Node::Binary { operator, left, right, .. } = self.node(current)
            && native_precedence(self.node(current)) >= binds
            && native_precedence(self.node(current)) < 3
        {
            binds = operator.precedence();
            links.push((*operator, *right));
            current = *left;
        }
        self.write(current, binds, lua);
        for (operator, right) in links.into_iter().rev() {
            let _infallible = write!(lua, " {} ", operator.text());
            self.write(right, operator.precedence() + 1, lua);
        }
        if needs_parentheses {
            lua.push(')');
        }
    }

    fn write_call(&self, helper: Helper, arguments: &[NodeId], offset: usize, lua: &mut String) {
        let _infallible = write!(lua, "{}(", helper.name());
        for argument in arguments {
            self.write(*argument, 0, lua);
            lua.push_str(", ");
        }
        let _infallible = write!(lua, "{offset})");
    }
}

/// The precedence of a node's translation: 1 for sums, 2 for products, 3 for what stands in parentheses or is a call.
fn native_precedence(node: &Node) -> u8 {
    match node {
        Node::Binary { operator, .. } => match operator {
            BinaryOperator::Add | BinaryOperator::Subtract | BinaryOperator::Multiply => operator.precedence(),
            BinaryOperator::LessOrEqual
            | BinaryOperator::GreaterOrEqual
            | BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::Greater
            | BinaryOperator::Divide
            | BinaryOperator::Remainder => 3,
        },
        Node::Number(_) | Node::Variable(_) | Node::Negate(_) | Node::Call { .. } => 3,
    }
}

/// The helper that a node calls.
fn helper_of(node: &Node) -> Option<Helper> {
    match node {
        Node::Binary { operator: BinaryOperator::Divide, .. } => Some(Helper::Divide),
        Node::Binary { operator: BinaryOperator::Remainder, .. } => Some(Helper::Remainder),
        Node::Binary { .. } | Node::Number(_) | Node::Variable(_) | Node::Negate(_) => None,
        Node::Call { function, .. } => match function {
            Function::If => None,
            Function::Fibonacci => Some(Helper::Fibonacci),
            Function::Factorial => Some(Helper::Factorial),
            Function::Power => Some(Helper::Power),
        },
    }
}
