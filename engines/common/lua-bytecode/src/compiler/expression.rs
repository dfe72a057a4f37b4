//! Values of expressions into registers, and the walk along left-nested chains.
//!
//! A chain is an expression whose leftmost part is nested arbitrarily deep: `a.b(c) + d - e` is the leaf `a` with the
//! links `.b`, `(c)`, `+ d`, `- e`. It is compiled from the leaf outward in a loop. All intermediate values of a chain
//! use one temporary, its accumulator: the target itself where that is allowed.

use lua_syntax::ast::{BinaryOperator, Bytes, Constant, Expression, ExpressionKind, Function, UnaryOperator};

use crate::instruction::{Instruction, Register};
use crate::opcode::Opcode;
use crate::proto::{FeedbackDescriptor, SHORT_KEY_BYTES, Storage};

use super::call::Lines;
use super::{CompileError, FunctionCompiler, Results, Target, upvalue_descriptors};

/// The value at the left of a chain link.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left<'e> {
    /// In a register.
    Register(Register),
    /// A captured variable in the cell that the register holds. As in PUC Lua, the link reads it when its other operand
    /// has been evaluated, which may have assigned it.
    Cell(Register),
    /// A constant that the link takes as an operand.
    Constant(&'e Constant),
    /// An upvalue whose field the link takes.
    Upvalue(u8),
}

/// What becomes of the call at the end of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallMode {
    /// An ordinary call.
    Call(Results),
    /// A tail call.
    Tail,
}

/// What the last link of a chain is for.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// Its value goes to a target.
    Value(Target),
    /// It is a call, and its results stay where they arrive.
    Call(CallMode),
}

/// How a key is encoded.
pub(super) enum Key<'e> {
    /// A short string constant.
    Field(&'e Bytes),
    /// A small integer constant.
    Small(u8),
    /// Anything else: through a register.
    Other,
}

/// The form in which instructions take the key.
pub(super) fn key_form(key: &Expression) -> Key<'_> {
    match &key.kind {
        ExpressionKind::Constant(Constant::String(name)) if name.len() <= SHORT_KEY_BYTES => Key::Field(name),
        ExpressionKind::Constant(Constant::Integer(value)) => match u8::try_from(*value) {
            Ok(small) => Key::Small(small),
            Err(_) => Key::Other,
        },
        _ => Key::Other,
    }
}

/// Whether the expression can give any number of values.
pub(super) fn is_multiple(expression: &Expression) -> bool {
    matches!(expression.kind, ExpressionKind::Call { .. } | ExpressionKind::MethodCall { .. } | ExpressionKind::Vararg)
}

/// The part to the left of a link of the chains that [`FunctionCompiler::chain`] compiles, or `None` for a leaf. The
/// chains of other links have instructions of their own: `..`, which is in one chain at most once, and the connectives.
fn left_part(expression: &Expression) -> Option<&Expression> {
    match &expression.kind {
        ExpressionKind::Binary { operator: BinaryOperator::Concat, .. }
        | ExpressionKind::And { .. }
        | ExpressionKind::Or { .. } => None,
        _ => expression.left(),
    }
}

/// Where PUC Lua emits the load of a chain's leaf or of an index: when it has read the operator that takes the value,
/// or else at the end of the link, or, for the last link, when the chain's value is used.
fn line_of_use(link: &Expression, next: Option<&Expression>, last_use: u32) -> u32 {
    match next {
        None => last_use,
        Some(next) if matches!(next.kind, ExpressionKind::Binary { .. }) => next.span.line,
        Some(_) => link.span.last_line,
    }
}

/// Whether a link needs the value on its left only when it has evaluated something else.
fn waits(link: &Expression) -> bool {
    match &link.kind {
        ExpressionKind::Binary { right, .. } => !matches!(right.kind, ExpressionKind::Constant(_)),
        ExpressionKind::Index { object: _, key } => matches!(key_form(key), Key::Other),
        _ => false,
    }
}

impl FunctionCompiler<'_> {
    /// The register of a local variable whose value is in a register.
    pub(super) fn variable_register(&self, expression: &Expression) -> Option<Register> {
        let ExpressionKind::Local(local) = expression.kind else { return None };
        match self.storage(local) {
            Storage::Register(register) => Some(register),
            Storage::RegisterAndCell { register, cell: _ } => Some(register),
            Storage::Cell(_) => None,
        }
    }

    /// The register with the cell of a captured and reassigned variable of this function, in parentheses or not.
    pub(super) fn captured_cell(&self, expression: &Expression) -> Option<Register> {
        let mut expression = expression;
        while let ExpressionKind::Paren(inner) = &expression.kind {
            expression = inner;
        }
        let ExpressionKind::Local(local) = expression.kind else { return None };
        match self.storage(local) {
            Storage::Cell(cell) => Some(cell),
            Storage::Register(_) | Storage::RegisterAndCell { .. } => None,
        }
    }

    /// The value of a captured variable in a new temporary, which stays in use.
    pub(super) fn load_cell(&mut self, cell: Register) -> Result<Register, CompileError> {
        let register = self.allocate()?;
        self.emit_abc(Opcode::GetCell, register, cell, 0)?;
        Ok(register)
    }

    /// A register with the value: a variable's own, or a new temporary, which stays in use.
    pub(super) fn operand(&mut self, expression: &Expression) -> Result<Register, CompileError> {
        match self.variable_register(expression) {
            Some(register) => Ok(register),
            None => self.value_to_next(expression),
        }
    }

    /// [`Self::operand`] of an expression whose value PUC Lua takes when it has read a token in this line.
    pub(super) fn operand_used_at(&mut self, expression: &Expression, line: u32) -> Result<Register, CompileError> {
        self.use_line = Some(line);
        let register = self.operand(expression)?;
        // A variable needs no load.
        self.use_line = None;
        Ok(register)
    }

    /// The value in a new temporary, which stays in use.
    pub(super) fn value_to_next(&mut self, expression: &Expression) -> Result<Register, CompileError> {
        let register = self.allocate()?;
        self.value_to(expression, Target::temporary(register))?;
        Ok(register)
    }

    /// A register with the value, for an instruction that then writes `target`: a variable's own, the target itself
    /// where allowed, or a new temporary, which stays in use.
    fn operand_towards(&mut self, expression: &Expression, target: Target) -> Result<Register, CompileError> {
        match self.variable_register(expression) {
            Some(register) => Ok(register),
            None if target.scratch => {
                self.value_to(expression, target)?;
                Ok(target.register)
            }
            None => self.value_to_next(expression),
        }
    }

    /// Compiles the expression so that its one value ends up in the target.
    pub(super) fn value_to(&mut self, expression: &Expression, target: Target) -> Result<(), CompileError> {
        let to = target.register;
        let use_line = self.use_line.take().unwrap_or(expression.span.last_line);
        match &expression.kind {
            ExpressionKind::Constant(constant) => {
                self.line = use_line;
                self.emit_constant(to, constant)
            }
            ExpressionKind::Vararg => {
                self.line = expression.span.line;
                self.emit_abc(Opcode::Vararg, to, 0, Results::Fixed(1).coded())
            }
            ExpressionKind::Function(function) => self.closure(function, to),
            ExpressionKind::Local(local) => match self.storage(*local) {
                Storage::Cell(cell) => self.emit_at(use_line, Opcode::GetCell, to, cell),
                Storage::Register(from) | Storage::RegisterAndCell { register: from, cell: _ } => {
                    self.line = use_line;
                    self.emit_move(to, from)
                }
            },
            ExpressionKind::Upvalue(upvalue) => self.emit_at(use_line, Opcode::GetUpvalue, to, upvalue.0 as u8),
            ExpressionKind::Global { environment, name } => {
                self.line = use_line;
                self.global(environment, name, target)
            }
            ExpressionKind::Binary { operator: BinaryOperator::Concat, .. } => self.concatenation(expression, target),
            ExpressionKind::Binary { .. }
            | ExpressionKind::Index { .. }
            | ExpressionKind::Call { .. }
            | ExpressionKind::MethodCall { .. } => {
                self.use_line = Some(use_line);
                self.chain(expression, Goal::Value(target)).map(drop)
            }
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } if self.is_branching(operand) => {
                self.logical(expression, target)
            }
            ExpressionKind::Unary { operator, operand } => self.unary(*operator, operand, expression.span.line, target),
            ExpressionKind::And { .. } | ExpressionKind::Or { .. } => self.logical(expression, target),
            ExpressionKind::Paren(inner) => self.value_to(inner, target),
            ExpressionKind::Table(items) => self.constructor(items, expression.span, target),
        }
    }

    fn emit_at(&mut self, line: u32, opcode: Opcode, a: u8, b: u8) -> Result<(), CompileError> {
        self.line = line;
        self.emit_abc(opcode, a, b, 0)
    }

    /// Compiles a nested function and emits the instruction that makes its closure.
    pub(super) fn closure(&mut self, function: &Function, to: Register) -> Result<(), CompileError> {
        let upvalues = upvalue_descriptors(function, |local| self.cell_register(local));
        let proto = FunctionCompiler::new(function, self.chunk_name.clone(), upvalues).compile()?;
        self.protos.push(proto);
        self.line = function.last_line;
        self.emit_extra(Instruction::abc(Opcode::Closure, to, 0, 0), self.protos.len() as u32 - 1)?;
        Ok(())
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: &Expression,
        line: u32,
        target: Target,
    ) -> Result<(), CompileError> {
        let level = self.free;
        let from = self.operand_towards(operand, target)?;
        self.free_to(level);
        let opcode = match operator {
            UnaryOperator::Negate => Opcode::Negate,
            UnaryOperator::Not => Opcode::Not,
            UnaryOperator::Length => Opcode::Length,
            UnaryOperator::BitNot => Opcode::BitNot,
        };
        self.line = line;
        self.emit_abc(opcode, target.register, from, 0)
    }

    fn global(&mut self, environment: &Expression, name: &Bytes, target: Target) -> Result<(), CompileError> {
        let level = self.free;
        if name.len() > SHORT_KEY_BYTES {
            let object = self.operand(environment)?;
            let key = self.allocate()?;
            self.emit_constant(key, &Constant::String(name.clone()))?;
            let slot = self.slot(FeedbackDescriptor::Index);
            self.emit_extra(Instruction::abc(Opcode::GetIndex, target.register, object, key), slot)?;
        } else {
            let instruction = match environment.kind {
                ExpressionKind::Upvalue(upvalue) => {
                    Instruction::abc(Opcode::GetGlobal, target.register, upvalue.0 as u8, 0)
                }
                _ => {
                    let object = self.operand_towards(environment, target)?;
                    Instruction::abc(Opcode::GetField, target.register, object, 0)
                }
            };
            let slot = self.field_slot(name)?;
            self.emit_extra(instruction, slot)?;
        }
        self.free_to(level);
        Ok(())
    }

    /// `a .. b .. c` as one instruction over consecutive registers.
    fn concatenation(&mut self, expression: &Expression, target: Target) -> Result<(), CompileError> {
        let level = self.free;
        let first = self.top_temporary(target)?;
        let mut rest = expression;
        let mut count: u8 = 0;
        // That of the last operator, as in PUC Lua, which builds the chain from its end.
        let mut line = expression.span.line;
        loop {
            let (value, next) = match &rest.kind {
                ExpressionKind::Binary { operator: BinaryOperator::Concat, left, right } => {
                    line = rest.span.line;
                    self.use_line = Some(line);
                    (&**left, Some(&**right))
                }
                _ => (rest, None),
            };
            let register = if count == 0 { first } else { self.allocate()? };
            self.value_to(value, Target::temporary(register))?;
            count += 1;
            match next {
                Some(next) => rest = next,
                None => break,
            }
        }
        self.line = line;
        self.emit_abc(Opcode::Concat, first, count, 0)?;
        self.free_to(level);
        self.line = expression.span.last_line;
        self.emit_move(target.register, first)
    }

    /// A scratch register with nothing in use above it: the target, if it is one, or a new temporary.
    pub(super) fn top_temporary(&mut self, target: Target) -> Result<Register, CompileError> {
        if target.scratch && target.register + 1 == self.free { Ok(target.register) } else { self.allocate() }
    }

    // Chains.

    /// Compiles a chain; returns the register of its value, or of its first result.
    pub(super) fn chain(&mut self, expression: &Expression, goal: Goal) -> Result<Register, CompileError> {
        let mut links = Vec::new();
        let mut leaf = expression;
        while let Some(left) = left_part(leaf) {
            links.push(leaf);
            leaf = left;
        }
        let level = self.free;
        let last_use = self.use_line.take().unwrap_or(expression.span.last_line);
        let mut accumulator = match goal {
            Goal::Value(target) if target.scratch && target.register + 1 == level => Some(target.register),
            Goal::Value(_) | Goal::Call(_) => None,
        };
        let Some(first) = links.last() else { unreachable!("a chain has a link") };
        self.use_line = Some(line_of_use(leaf, Some(first), last_use));
        let mut left = self.chain_leaf(leaf, first, &mut accumulator)?;
        let mut result = 0;
        for (remaining, link) in links.iter().enumerate().rev() {
            let goal = (remaining == 0).then_some(goal);
            let next = remaining.checked_sub(1).map(|next| links[next]);
            self.use_line = Some(line_of_use(link, next, last_use));
            result = self.link(link, left, goal, &mut accumulator)?;
            left = Left::Register(result);
        }
        self.use_line = None;
        self.free_to(level);
        Ok(result)
    }

    /// The accumulator, which is allocated when it is first needed: then nothing is in use above the chain's level.
    fn accumulator(&mut self, accumulator: &mut Option<Register>) -> Result<Register, CompileError> {
        match *accumulator {
            Some(register) => Ok(register),
            None => Ok(*accumulator.insert(self.allocate()?)),
        }
    }

    fn chain_leaf<'e>(
        &mut self,
        leaf: &'e Expression,
        first: &Expression,
        accumulator: &mut Option<Register>,
    ) -> Result<Left<'e>, CompileError> {
        let in_place = match &first.kind {
            ExpressionKind::Call { .. } => false,
            ExpressionKind::Index { object: _, key } => {
                if let (ExpressionKind::Upvalue(upvalue), Key::Field(_)) = (&leaf.kind, key_form(key)) {
                    return Ok(Left::Upvalue(upvalue.0 as u8));
                }
                true
            }
            ExpressionKind::Binary { operator, left: _, right } => {
                if let Some(constant) = self.left_constant(*operator, leaf, right)? {
                    return Ok(Left::Constant(constant));
                }
                true
            }
            _ => true,
        };
        if let (true, Some(register)) = (in_place, self.variable_register(leaf)) {
            return Ok(Left::Register(register));
        }
        if waits(first)
            && let Some(cell) = self.captured_cell(leaf)
        {
            return Ok(Left::Cell(cell));
        }
        let register = self.accumulator(accumulator)?;
        self.value_to(leaf, Target::temporary(register))?;
        Ok(Left::Register(register))
    }

    /// Compiles one link; returns the register of its value. `goal` is given for the last link.
    fn link(
        &mut self,
        link: &Expression,
        left: Left<'_>,
        goal: Option<Goal>,
        accumulator: &mut Option<Register>,
    ) -> Result<Register, CompileError> {
        if !matches!(link.kind, ExpressionKind::Index { .. }) {
            // The others have lines of their own.
            self.use_line = None;
        }
        match &link.kind {
            ExpressionKind::Binary { operator, left: _, right } => {
                self.binary_link(*operator, left, right, link.span.line, goal, accumulator)
            }
            ExpressionKind::Index { object: _, key } => self.index_link(left, key, goal, accumulator),
            ExpressionKind::Call { callee: _, arguments } => {
                let base = self.accumulator(accumulator)?;
                self.call(base, arguments, 0, Lines::of(link), goal)
            }
            ExpressionKind::MethodCall { object: _, name, arguments } => {
                let base = self.accumulator(accumulator)?;
                let Left::Register(object) = left else { unreachable!("only field links take other left parts") };
                self.line = link.span.line;
                self.method(base, object, name)?;
                self.call(base, arguments, 1, Lines::of(link), goal)
            }
            _ => unreachable!("left_part gives links of four kinds"),
        }
    }

    /// The register that a link which is no call writes: the goal's, or the accumulator.
    pub(super) fn link_output(
        &mut self,
        goal: Option<Goal>,
        accumulator: &mut Option<Register>,
    ) -> Result<Register, CompileError> {
        match goal {
            Some(Goal::Value(target)) => Ok(target.register),
            None => self.accumulator(accumulator),
            Some(Goal::Call(_)) => unreachable!("this goal is for chains that end in a call"),
        }
    }

    fn index_link(
        &mut self,
        left: Left<'_>,
        key: &Expression,
        goal: Option<Goal>,
        accumulator: &mut Option<Register>,
    ) -> Result<Register, CompileError> {
        let level = self.free;
        let use_line = self.use_line.take();
        let form = key_form(key);
        let key_register = match form {
            Key::Other => self.operand(key)?,
            Key::Field(_) | Key::Small(_) => 0,
        };
        self.line = use_line.unwrap_or(key.span.last_line);
        let left = match left {
            Left::Cell(cell) => Left::Register(self.load_cell(cell)?),
            Left::Register(_) | Left::Constant(_) | Left::Upvalue(_) => left,
        };
        self.free_to(level);
        let to = self.link_output(goal, accumulator)?;
        let (instruction, slot) = match (left, form) {
            (Left::Upvalue(upvalue), Key::Field(name)) => {
                (Instruction::abc(Opcode::GetUpField, to, upvalue, 0), self.field_slot(name)?)
            }
            (Left::Register(object), Key::Field(name)) => {
                (Instruction::abc(Opcode::GetField, to, object, 0), self.field_slot(name)?)
            }
            (Left::Register(object), Key::Small(index)) => {
                (Instruction::abc(Opcode::GetIndexI, to, object, index), self.slot(FeedbackDescriptor::Index))
            }
            (Left::Register(object), Key::Other) => {
                (Instruction::abc(Opcode::GetIndex, to, object, key_register), self.slot(FeedbackDescriptor::Index))
            }
            (Left::Upvalue(_) | Left::Constant(_) | Left::Cell(_), _) => {
                unreachable!("chain_leaf gives an upvalue to field links only")
            }
        };
        self.emit_extra(instruction, slot)?;
        Ok(to)
    }
}
