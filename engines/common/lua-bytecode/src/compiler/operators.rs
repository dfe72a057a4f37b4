//! Binary operators: which opcode, and which operands as constants.

use lua_syntax::ast::{BinaryOperator, Constant, Expression, ExpressionKind};

use crate::instruction::{Instruction, Register};
use crate::opcode::{Form, Opcode, Relation};

use super::expression::{Goal, Left};
use super::{CompileError, FunctionCompiler};

fn is_number(constant: &Constant) -> bool {
    matches!(constant, Constant::Integer(_) | Constant::Float(_))
}

impl FunctionCompiler<'_> {
    /// The left operand, if it is a constant that the instruction for `operator` takes with this right operand.
    pub(super) fn left_constant<'e>(
        &mut self,
        operator: BinaryOperator,
        left: &'e Expression,
        right: &Expression,
    ) -> Result<Option<&'e Constant>, CompileError> {
        let (ExpressionKind::Constant(constant), false) =
            (&left.kind, matches!(right.kind, ExpressionKind::Constant(_)))
        else {
            return Ok(None);
        };
        let fits = match operator {
            BinaryOperator::Equal | BinaryOperator::NotEqual => self.wide_constant(constant)?.is_some(),
            BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => is_number(constant) && self.fits_comparison(constant)?,
            BinaryOperator::Concat => false,
            BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Modulo
            | BinaryOperator::Power
            | BinaryOperator::Divide
            | BinaryOperator::FloorDivide
            | BinaryOperator::BitAnd
            | BinaryOperator::BitOr
            | BinaryOperator::BitXor
            | BinaryOperator::ShiftLeft
            | BinaryOperator::ShiftRight => is_number(constant) && self.byte_constant(constant)?.is_some(),
        };
        Ok(fits.then_some(constant))
    }

    /// A chain link that is a binary operator.
    pub(super) fn binary_link(
        &mut self,
        operator: BinaryOperator,
        left: Left<'_>,
        right: &Expression,
        line: u32,
        goal: Option<Goal>,
        accumulator: &mut Option<Register>,
    ) -> Result<Register, CompileError> {
        let level = self.free;
        if Opcode::arithmetic(operator, Form::RegisterRegister).is_none() {
            let yes = self.compare(operator, left, right, true)?;
            self.free_to(level);
            let to = self.link_output(goal, accumulator)?;
            self.emit_abc(Opcode::LoadFalseSkip, to, 0, 0)?;
            self.patch_here(yes);
            self.emit_abc(Opcode::LoadTrue, to, 0, 0)?;
            return Ok(to);
        }
        let (form, b, c) = self.arithmetic_operands(operator, left, right, line)?;
        let Some(opcode) = Opcode::arithmetic(operator, form) else { unreachable!("there is one with these operands") };
        self.free_to(level);
        let to = self.link_output(goal, accumulator)?;
        self.line = line;
        self.emit_abc(opcode, to, b, c)?;
        Ok(to)
    }

    fn arithmetic_operands(
        &mut self,
        operator: BinaryOperator,
        left: Left<'_>,
        right: &Expression,
        line: u32,
    ) -> Result<(Form, u8, u8), CompileError> {
        let left = match left {
            Left::Register(register) => register,
            Left::Cell(cell) => {
                let right = self.operand(right)?;
                self.line = line;
                return Ok((Form::RegisterRegister, self.load_cell(cell)?, right));
            }
            Left::Constant(constant) => {
                let Some(index) = self.byte_constant(constant)? else { unreachable!("left_constant checked it") };
                return Ok((Form::ConstantRegister, index, self.operand(right)?));
            }
            Left::Upvalue(_) => unreachable!("only field links take an upvalue"),
        };
        if let ExpressionKind::Constant(constant) = &right.kind {
            if Opcode::arithmetic(operator, Form::RegisterImmediate).is_some()
                && let Some(immediate) = arithmetic_immediate(constant)
            {
                return Ok((Form::RegisterImmediate, left, immediate as u8));
            }
            if is_number(constant)
                && let Some(index) = self.byte_constant(constant)?
            {
                return Ok((Form::RegisterConstant, left, index));
            }
        }
        Ok((Form::RegisterRegister, left, self.operand(right)?))
    }

    /// A comparison that jumps if it is `jump_if`. Temporaries of the right operand stay in use.
    pub(super) fn compare(
        &mut self,
        operator: BinaryOperator,
        left: Left<'_>,
        right: &Expression,
        jump_if: bool,
    ) -> Result<super::emit::JumpList, CompileError> {
        let (relation, negated) = relation_of(operator);
        let jump_if = jump_if != negated;
        let instruction = match (left, &right.kind) {
            (Left::Constant(constant), _) => {
                let right = self.operand(right)?;
                self.compare_constant(relation.mirrored(), right, constant, jump_if)?
            }
            (Left::Register(register), ExpressionKind::Constant(constant))
                if self.is_comparison_constant(relation, constant)? =>
            {
                self.compare_constant(relation, register, constant, jump_if)?
            }
            (Left::Register(_) | Left::Cell(_), _) => {
                let last_line = right.span.last_line;
                let right = self.operand(right)?;
                let register = match left {
                    Left::Cell(cell) => {
                        self.line = last_line;
                        self.load_cell(cell)?
                    }
                    Left::Register(register) => register,
                    Left::Constant(_) | Left::Upvalue(_) => unreachable!("the pattern names the others"),
                };
                let (opcode, swapped) = register_comparison(relation, jump_if);
                let (a, b) = if swapped { (right, register) } else { (register, right) };
                Instruction::abc(opcode, a, b, 0)
            }
            (Left::Upvalue(_), _) => unreachable!("only field links take an upvalue"),
        };
        self.line = right.span.last_line;
        self.emit_branch(instruction)
    }

    /// Whether a numeric constant fits the comparisons that take one.
    fn fits_comparison(&mut self, constant: &Constant) -> Result<bool, CompileError> {
        match comparison_immediate(constant) {
            Some(_) => Ok(true),
            None => Ok(self.wide_constant(constant)?.is_some()),
        }
    }

    fn is_comparison_constant(&mut self, relation: Relation, constant: &Constant) -> Result<bool, CompileError> {
        match relation {
            Relation::Equal => Ok(self.wide_constant(constant)?.is_some()),
            Relation::Less | Relation::LessEqual | Relation::Greater | Relation::GreaterEqual => {
                Ok(is_number(constant) && self.fits_comparison(constant)?)
            }
        }
    }

    fn compare_constant(
        &mut self,
        relation: Relation,
        register: Register,
        constant: &Constant,
        jump_if: bool,
    ) -> Result<Instruction, CompileError> {
        if let Some(immediate) = comparison_immediate(constant) {
            return Ok(Instruction::abx(
                comparison_opcode(relation, jump_if, Form::RegisterImmediate),
                register,
                immediate as u16,
            ));
        }
        let Some(index) = self.wide_constant(constant)? else { unreachable!("callers checked that it fits") };
        Ok(Instruction::abx(comparison_opcode(relation, jump_if, Form::RegisterConstant), register, index))
    }
}

/// A constant that fits an arithmetic instruction, as in `x + 1`.
fn arithmetic_immediate(constant: &Constant) -> Option<i8> {
    match constant {
        Constant::Integer(value) => i8::try_from(*value).ok(),
        Constant::Nil | Constant::Boolean(_) | Constant::Float(_) | Constant::String(_) => None,
    }
}

/// A constant that fits a comparison.
fn comparison_immediate(constant: &Constant) -> Option<i16> {
    match constant {
        Constant::Integer(value) => i16::try_from(*value).ok(),
        Constant::Nil | Constant::Boolean(_) | Constant::Float(_) | Constant::String(_) => None,
    }
}

/// The relation of a comparison operator, and whether the operator is its negation.
fn relation_of(operator: BinaryOperator) -> (Relation, bool) {
    match operator {
        BinaryOperator::Equal => (Relation::Equal, false),
        BinaryOperator::NotEqual => (Relation::Equal, true),
        BinaryOperator::Less => (Relation::Less, false),
        BinaryOperator::LessEqual => (Relation::LessEqual, false),
        BinaryOperator::Greater => (Relation::Greater, false),
        BinaryOperator::GreaterEqual => (Relation::GreaterEqual, false),
        _ => unreachable!("callers have a comparison operator"),
    }
}

/// The comparison of two registers: the opcode, and whether the registers must be exchanged.
fn register_comparison(relation: Relation, jump_if: bool) -> (Opcode, bool) {
    match Opcode::comparison(relation, jump_if, Form::RegisterRegister) {
        Some(opcode) => (opcode, false),
        None => (comparison_opcode(relation.mirrored(), jump_if, Form::RegisterRegister), true),
    }
}

fn comparison_opcode(relation: Relation, jump_if: bool, form: Form) -> Opcode {
    match Opcode::comparison(relation, jump_if, form) {
        Some(opcode) => opcode,
        None => unreachable!("the table has this comparison"),
    }
}
