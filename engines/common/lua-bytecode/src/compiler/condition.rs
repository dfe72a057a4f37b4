//! Conditions: expressions whose truth decides a jump, and the values of `and`, `or` and `not`.
//!
//! The value of a logical expression is compiled as jumps, too. An operand that decides the result leaves towards the
//! end in one of three ways ([`Exits`]): its value is in the target already, or it is known to be `true`, or `false`,
//! and the load of that is shared by all exits of its kind.

use lua_syntax::ast::{BinaryOperator, Constant, Expression, ExpressionKind, UnaryOperator};

use crate::instruction::Instruction;
use crate::opcode::Opcode;

use super::emit::JumpList;
use super::expression::Left;
use super::{CompileError, FunctionCompiler, Target};

/// The ways out of a logical expression before its last operand.
#[derive(Default)]
struct Exits {
    /// The value is in the target.
    stored: JumpList,
    /// The value is `true` and must still be loaded.
    yes: JumpList,
    /// The value is `false` and must still be loaded.
    no: JumpList,
}

fn is_comparison(operator: BinaryOperator) -> bool {
    matches!(
        operator,
        BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual
    )
}

fn is_truthy(constant: &Constant) -> bool {
    match constant {
        Constant::Nil | Constant::Boolean(false) => false,
        Constant::Boolean(true) | Constant::Integer(_) | Constant::Float(_) | Constant::String(_) => true,
    }
}

/// `and` or `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Connective {
    And,
    Or,
}

impl Connective {
    /// The truth of an operand that decides the result without the operands behind it.
    fn decides(self) -> bool {
        self == Connective::Or
    }
}

/// An operand of a connective.
#[derive(Clone, Copy)]
struct Operand<'e> {
    expression: &'e Expression,
    /// Where PUC Lua tests it: the line of the operator behind it. Not known for the last one.
    use_line: Option<u32>,
}

/// The operands of a chain of one connective, `a and b and c`, if the expression is one. The chain is left-nested.
fn operands(expression: &Expression) -> Option<(Connective, Vec<Operand<'_>>)> {
    let connective = match expression.kind {
        ExpressionKind::And { .. } => Connective::And,
        ExpressionKind::Or { .. } => Connective::Or,
        _ => return None,
    };
    let mut result = Vec::new();
    let mut rest = expression;
    let mut use_line = None;
    while let (ExpressionKind::And { left, right }, Connective::And)
    | (ExpressionKind::Or { left, right }, Connective::Or) = (&rest.kind, connective)
    {
        result.push(Operand { expression: right, use_line });
        (rest, use_line) = (left, Some(rest.span.line));
    }
    result.push(Operand { expression: rest, use_line });
    result.reverse();
    Some((connective, result))
}

impl FunctionCompiler<'_> {
    /// Compiles a test: jumps if the truth of the expression is `jump_if`, else goes on behind.
    pub(super) fn condition(&mut self, expression: &Expression, jump_if: bool) -> Result<JumpList, CompileError> {
        let use_line = self.use_line.take();
        if let Some((connective, operands)) = operands(expression) {
            return self.connective_condition(connective, &operands, jump_if, use_line);
        }
        let level = self.free;
        let jumps = match &expression.kind {
            ExpressionKind::Constant(constant) if is_truthy(constant) == jump_if => self.emit_jump()?,
            ExpressionKind::Constant(_) => JumpList::default(),
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => self.condition(operand, !jump_if)?,
            ExpressionKind::Binary { operator, left, right } if is_comparison(*operator) => {
                let waiting = self.captured_cell(left).filter(|_| !matches!(right.kind, ExpressionKind::Constant(_)));
                let left = match (self.left_constant(*operator, left, right)?, waiting) {
                    (Some(constant), _) => Left::Constant(constant),
                    (None, Some(cell)) => Left::Cell(cell),
                    (None, None) => Left::Register(self.operand_used_at(left, expression.span.line)?),
                };
                self.compare(*operator, left, right, jump_if)?
            }
            _ => {
                let use_line = use_line.unwrap_or(expression.span.last_line);
                let register = self.operand_used_at(expression, use_line)?;
                let opcode = if jump_if { Opcode::JumpIf } else { Opcode::JumpIfNot };
                self.line = use_line;
                self.emit_branch(Instruction::abc(opcode, register, 0, 0))?
            }
        };
        self.free_to(level);
        Ok(jumps)
    }

    fn connective_condition(
        &mut self,
        connective: Connective,
        operands: &[Operand<'_>],
        jump_if: bool,
        use_line: Option<u32>,
    ) -> Result<JumpList, CompileError> {
        let decides = connective.decides();
        let mut decided = JumpList::default();
        let (last, others) = split_last(operands);
        for operand in others {
            self.use_line = operand.use_line;
            decided.append(self.condition(operand.expression, decides)?);
        }
        self.use_line = use_line;
        let mut jumps = self.condition(last.expression, jump_if)?;
        if decides == jump_if {
            jumps.append(decided);
        } else {
            self.patch_here(decided);
        }
        Ok(jumps)
    }

    /// Whether the value of `not expression` is better made by jumps than by an instruction.
    pub(super) fn is_branching(&self, expression: &Expression) -> bool {
        match &expression.kind {
            ExpressionKind::And { .. } | ExpressionKind::Or { .. } => true,
            ExpressionKind::Binary { operator, .. } => is_comparison(*operator),
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => self.is_branching(operand),
            _ => false,
        }
    }

    /// The value of `a and b`, `a or b`, or `not` of something that branches.
    pub(super) fn logical(&mut self, expression: &Expression, target: Target) -> Result<(), CompileError> {
        let mut exits = Exits::default();
        let falls_to_false = self.last_operand(expression, target, &mut exits)?;
        let needs_false = falls_to_false || !exits.no.is_empty();
        let needs_true = !exits.yes.is_empty();
        if !falls_to_false && (needs_false || needs_true) {
            let jump = self.emit_jump()?;
            exits.stored.append(jump);
        }
        if needs_false {
            self.patch_here(exits.no);
            let opcode = if needs_true { Opcode::LoadFalseSkip } else { Opcode::LoadFalse };
            self.emit_abc(opcode, target.register, 0, 0)?;
        }
        if needs_true {
            self.patch_here(exits.yes);
            self.emit_abc(Opcode::LoadTrue, target.register, 0, 0)?;
        }
        self.patch_here(exits.stored);
        Ok(())
    }

    /// Compiles the operand on which the value finally depends. Returns whether control goes on behind it with a
    /// `false` that must still be loaded, rather than with the value in the target.
    fn last_operand(
        &mut self,
        expression: &Expression,
        target: Target,
        exits: &mut Exits,
    ) -> Result<bool, CompileError> {
        if let Some((connective, operands)) = operands(expression) {
            let (last, others) = split_last(&operands);
            for operand in others {
                self.exit_if(*operand, connective.decides(), target, exits)?;
            }
            return self.last_operand(last.expression, target, exits);
        }
        let branches = match &expression.kind {
            ExpressionKind::Unary { operator: UnaryOperator::Not, operand } => self.is_branching(operand),
            _ => self.is_branching(expression),
        };
        if branches {
            exits.yes.append(self.condition(expression, true)?);
        } else {
            self.value_to(expression, target)?;
        }
        Ok(branches)
    }

    /// Compiles an operand that is the value if its truth is `keep_if`: then leaves by one of the exits, else goes on
    /// behind.
    fn exit_if(
        &mut self,
        operand: Operand<'_>,
        keep_if: bool,
        target: Target,
        exits: &mut Exits,
    ) -> Result<(), CompileError> {
        let Operand { expression, use_line } = operand;
        if let Some((connective, operands)) = operands(expression) {
            return self.connective_exit(connective, &operands, keep_if, target, exits);
        }
        match &expression.kind {
            ExpressionKind::Constant(constant) => {
                if is_truthy(constant) == keep_if {
                    self.line = use_line.unwrap_or(expression.span.last_line);
                    self.emit_constant(target.register, constant)?;
                    exits.stored.append(self.emit_jump()?);
                }
                Ok(())
            }
            ExpressionKind::Unary { operator: UnaryOperator::Not, .. } => self.exit_boolean(expression, keep_if, exits),
            ExpressionKind::Binary { operator, .. } if is_comparison(*operator) => {
                self.exit_boolean(expression, keep_if, exits)
            }
            _ => self.exit_value(operand, keep_if, target, exits),
        }
    }

    fn connective_exit(
        &mut self,
        connective: Connective,
        operands: &[Operand<'_>],
        keep_if: bool,
        target: Target,
        exits: &mut Exits,
    ) -> Result<(), CompileError> {
        let (last, others) = split_last(operands);
        if connective.decides() == keep_if {
            for operand in others {
                self.exit_if(*operand, keep_if, target, exits)?;
            }
            return self.exit_if(last, keep_if, target, exits);
        }
        let mut dropped = JumpList::default();
        for operand in others {
            self.use_line = operand.use_line;
            dropped.append(self.condition(operand.expression, !keep_if)?);
        }
        self.exit_if(last, keep_if, target, exits)?;
        self.patch_here(dropped);
        Ok(())
    }

    fn exit_boolean(&mut self, expression: &Expression, keep_if: bool, exits: &mut Exits) -> Result<(), CompileError> {
        let jumps = self.condition(expression, keep_if)?;
        if keep_if {
            exits.yes.append(jumps)
        } else {
            exits.no.append(jumps)
        }
        Ok(())
    }

    fn exit_value(
        &mut self,
        Operand { expression, use_line }: Operand<'_>,
        keep_if: bool,
        target: Target,
        exits: &mut Exits,
    ) -> Result<(), CompileError> {
        let level = self.free;
        let line = use_line.unwrap_or(expression.span.last_line);
        let register = match self.variable_register(expression) {
            Some(register) => register,
            None if target.scratch => {
                self.use_line = Some(line);
                self.value_to(expression, target)?;
                target.register
            }
            None => self.operand_used_at(expression, line)?,
        };
        self.free_to(level);
        self.line = line;
        let instruction = if register == target.register {
            let opcode = if keep_if { Opcode::JumpIf } else { Opcode::JumpIfNot };
            Instruction::abc(opcode, register, 0, 0)
        } else {
            let opcode = if keep_if { Opcode::CopyJumpIf } else { Opcode::CopyJumpIfNot };
            Instruction::abc(opcode, target.register, register, 0)
        };
        exits.stored.append(self.emit_branch(instruction)?);
        Ok(())
    }
}

fn split_last<'o, 'e>(operands: &'o [Operand<'e>]) -> (Operand<'e>, &'o [Operand<'e>]) {
    match operands.split_last() {
        Some((last, others)) => (*last, others),
        None => unreachable!("a connective has two operands"),
    }
}
