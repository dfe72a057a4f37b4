//! Binary operators: which opcode, and which operands as constants.

use lua_syntax::ast::{BinaryOperator, Constant, Expression, ExpressionKind};

use crate::instruction::{Instruction, Register};
use crate::opcode::Opcode;

use super::expression::{Goal, Left};
use super::{CompileError, FunctionCompiler};

/// The opcodes of an arithmetic or bitwise operator.
struct Arithmetic {
    registers: Opcode,
    constant_right: Opcode,
    constant_left: Opcode,
}

/// The opcodes of `operator`, or `None` if it is a comparison or a concatenation.
fn arithmetic(operator: BinaryOperator) -> Option<Arithmetic> {
    use BinaryOperator as B;
    let of = |registers, constant_right, constant_left| Some(Arithmetic { registers, constant_right, constant_left });
    match operator {
        B::Add => of(Opcode::Add, Opcode::AddK, Opcode::KAdd),
        B::Subtract => of(Opcode::Subtract, Opcode::SubtractK, Opcode::KSubtract),
        B::Multiply => of(Opcode::Multiply, Opcode::MultiplyK, Opcode::KMultiply),
        B::Modulo => of(Opcode::Modulo, Opcode::ModuloK, Opcode::KModulo),
        B::Power => of(Opcode::Power, Opcode::PowerK, Opcode::KPower),
        B::Divide => of(Opcode::Divide, Opcode::DivideK, Opcode::KDivide),
        B::FloorDivide => of(Opcode::FloorDivide, Opcode::FloorDivideK, Opcode::KFloorDivide),
        B::BitAnd => of(Opcode::BitAnd, Opcode::BitAndK, Opcode::KBitAnd),
        B::BitOr => of(Opcode::BitOr, Opcode::BitOrK, Opcode::KBitOr),
        B::BitXor => of(Opcode::BitXor, Opcode::BitXorK, Opcode::KBitXor),
        B::ShiftLeft => of(Opcode::ShiftLeft, Opcode::ShiftLeftK, Opcode::KShiftLeft),
        B::ShiftRight => of(Opcode::ShiftRight, Opcode::ShiftRightK, Opcode::KShiftRight),
        B::Concat | B::Equal | B::NotEqual | B::Less | B::LessEqual | B::Greater | B::GreaterEqual => None,
    }
}

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
        let Some(opcodes) = arithmetic(operator) else {
            let yes = self.compare(operator, left, right, true)?;
            self.free_to(level);
            let to = self.link_output(goal, accumulator)?;
            self.emit_abc(Opcode::LoadFalseSkip, to, 0, 0)?;
            self.patch_here(yes);
            self.emit_abc(Opcode::LoadTrue, to, 0, 0)?;
            return Ok(to);
        };
        let (opcode, b, c) = self.arithmetic_operands(operator, &opcodes, left, right, line)?;
        self.free_to(level);
        let to = self.link_output(goal, accumulator)?;
        self.line = line;
        self.emit_abc(opcode, to, b, c)?;
        Ok(to)
    }

    fn arithmetic_operands(
        &mut self,
        operator: BinaryOperator,
        opcodes: &Arithmetic,
        left: Left<'_>,
        right: &Expression,
        line: u32,
    ) -> Result<(Opcode, u8, u8), CompileError> {
        let left = match left {
            Left::Register(register) => register,
            Left::Cell(cell) => {
                let right = self.operand(right)?;
                self.line = line;
                return Ok((opcodes.registers, self.load_cell(cell)?, right));
            }
            Left::Constant(constant) => {
                let Some(index) = self.byte_constant(constant)? else { unreachable!("left_constant checked it") };
                return Ok((opcodes.constant_left, index, self.operand(right)?));
            }
            Left::Upvalue(_) => unreachable!("only field links take an upvalue"),
        };
        if let ExpressionKind::Constant(constant) = &right.kind {
            if let Some((opcode, immediate)) = immediate_form(operator, constant) {
                return Ok((opcode, left, immediate as u8));
            }
            if is_number(constant)
                && let Some(index) = self.byte_constant(constant)?
            {
                return Ok((opcodes.constant_right, left, index));
            }
        }
        Ok((opcodes.registers, left, self.operand(right)?))
    }

    /// A comparison that jumps if it is `jump_if`. Temporaries of the right operand stay in use.
    pub(super) fn compare(
        &mut self,
        operator: BinaryOperator,
        left: Left<'_>,
        right: &Expression,
        jump_if: bool,
    ) -> Result<super::emit::JumpList, CompileError> {
        let (relation, negated) = Relation::of(operator);
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
                let (opcode, swapped) = relation.registers(jump_if);
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
            return Ok(Instruction::abx(relation.immediate(jump_if), register, immediate as u16));
        }
        let Some(index) = self.wide_constant(constant)? else { unreachable!("callers checked that it fits") };
        Ok(Instruction::abx(relation.constant(jump_if), register, index))
    }
}

/// `x + 1` and `x - 1` with small integers.
fn immediate_form(operator: BinaryOperator, constant: &Constant) -> Option<(Opcode, i8)> {
    let Constant::Integer(value) = constant else { return None };
    let small = i8::try_from(*value).ok()?;
    match operator {
        BinaryOperator::Add => Some((Opcode::AddI, small)),
        BinaryOperator::Subtract => Some((Opcode::SubtractI, small)),
        _ => None,
    }
}

fn comparison_immediate(constant: &Constant) -> Option<i16> {
    match constant {
        Constant::Integer(value) => i16::try_from(*value).ok(),
        Constant::Nil | Constant::Boolean(_) | Constant::Float(_) | Constant::String(_) => None,
    }
}

/// A comparison between a left and a right operand.
#[derive(Debug, Clone, Copy)]
enum Relation {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Relation {
    /// The relation of a comparison operator, and whether the operator is its negation.
    fn of(operator: BinaryOperator) -> (Relation, bool) {
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

    /// The same relation with its operands exchanged.
    fn mirrored(self) -> Relation {
        match self {
            Relation::Equal => Relation::Equal,
            Relation::Less => Relation::Greater,
            Relation::LessEqual => Relation::GreaterEqual,
            Relation::Greater => Relation::Less,
            Relation::GreaterEqual => Relation::LessEqual,
        }
    }

    /// The opcode for two registers, and whether they must be exchanged.
    fn registers(self, jump_if: bool) -> (Opcode, bool) {
        match (self, jump_if) {
            (Relation::Equal, true) => (Opcode::JumpEqual, false),
            (Relation::Equal, false) => (Opcode::JumpNotEqual, false),
            (Relation::Less, true) => (Opcode::JumpLess, false),
            (Relation::Less, false) => (Opcode::JumpNotLess, false),
            (Relation::LessEqual, true) => (Opcode::JumpLessEqual, false),
            (Relation::LessEqual, false) => (Opcode::JumpNotLessEqual, false),
            (Relation::Greater, true) => (Opcode::JumpLess, true),
            (Relation::Greater, false) => (Opcode::JumpNotLess, true),
            (Relation::GreaterEqual, true) => (Opcode::JumpLessEqual, true),
            (Relation::GreaterEqual, false) => (Opcode::JumpNotLessEqual, true),
        }
    }

    /// The opcode for a register and a constant.
    fn constant(self, jump_if: bool) -> Opcode {
        match (self, jump_if) {
            (Relation::Equal, true) => Opcode::JumpEqualK,
            (Relation::Equal, false) => Opcode::JumpNotEqualK,
            (Relation::Less, true) => Opcode::JumpLessK,
            (Relation::Less, false) => Opcode::JumpNotLessK,
            (Relation::LessEqual, true) => Opcode::JumpLessEqualK,
            (Relation::LessEqual, false) => Opcode::JumpNotLessEqualK,
            (Relation::Greater, true) => Opcode::JumpGreaterK,
            (Relation::Greater, false) => Opcode::JumpNotGreaterK,
            (Relation::GreaterEqual, true) => Opcode::JumpGreaterEqualK,
            (Relation::GreaterEqual, false) => Opcode::JumpNotGreaterEqualK,
        }
    }

    /// The opcode for a register and an immediate integer.
    fn immediate(self, jump_if: bool) -> Opcode {
        match (self, jump_if) {
            (Relation::Equal, true) => Opcode::JumpEqualI,
            (Relation::Equal, false) => Opcode::JumpNotEqualI,
            (Relation::Less, true) => Opcode::JumpLessI,
            (Relation::Less, false) => Opcode::JumpNotLessI,
            (Relation::LessEqual, true) => Opcode::JumpLessEqualI,
            (Relation::LessEqual, false) => Opcode::JumpNotLessEqualI,
            (Relation::Greater, true) => Opcode::JumpGreaterI,
            (Relation::Greater, false) => Opcode::JumpNotGreaterI,
            (Relation::GreaterEqual, true) => Opcode::JumpGreaterEqualI,
            (Relation::GreaterEqual, false) => Opcode::JumpNotGreaterEqualI,
        }
    }
}
