//! Which registers an instruction reads and writes. The verifier, the name finder and compilers that need liveness
//! all ask here, so that the answer stands once.
//!
//! What happens behind an instruction's back (metamethods, callees) never touches the registers of this frame below
//! the instruction's own group, so it is not part of the answer.

use crate::instruction::{Instruction, Register};
use crate::opcode::{Format, Opcode, Operand};

/// Consecutive registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first register. As a number of slots it may be past 255 in code that the verifier rejects.
    pub first: u32,
    /// How many.
    pub count: Count,
}

/// How many registers a [`Span`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// This many; possibly none.
    Fixed(u32),
    /// Up to the top that the preceding instruction has set, or sets the top itself.
    ToTop,
}

impl Span {
    /// Whether `register` is in the span. A span up to the top has every register from its first on.
    pub fn contains(self, register: Register) -> bool {
        let register = u32::from(register);
        register >= self.first
            && match self.count {
                Count::Fixed(count) => register < self.first + count,
                Count::ToTop => true,
            }
    }
}

/// The registers that one instruction reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    /// Registers read before anything is written.
    pub reads: [Option<Span>; 3],
    /// Registers written, scratch registers of calls included.
    pub writes: [Option<Span>; 2],
}

fn fixed(first: u8, offset: u32, count: u32) -> Option<Span> {
    Some(Span { first: u32::from(first) + offset, count: Count::Fixed(count) })
}

/// A count operand in PUC Lua's coding: 0 is "up to the top", `n` is `n - 1`.
fn counted(first: u8, offset: u32, coded: u8) -> Option<Span> {
    let first = u32::from(first) + offset;
    let count = if coded == 0 { Count::ToTop } else { Count::Fixed(u32::from(coded) - 1) };
    Some(Span { first, count })
}

/// The effects of the instruction whose first word is given. The variable's register of a conditional copy or of a
/// loop instruction counts as written, although it is not on one of the two ways on.
pub fn effects(instruction: Instruction) -> Effects {
    use Opcode as O;
    let (a, b, c) = (instruction.a(), instruction.b(), instruction.c());
    let of = |reads, writes| Effects { reads, writes };
    match instruction.opcode() {
        O::LoadNil => of([None; 3], [fixed(a, 0, b.into()), None]),
        O::SelfField => of([fixed(b, 0, 1), None, None], [fixed(a, 0, 3), None]),
        O::SetList => of([fixed(a, 0, 1), list_items(a, b), None], [None; 2]),
        O::Concat => of([fixed(a, 0, b.into()), None, None], [fixed(a, 0, b.into()), None]),
        O::ForPrepare | O::ForLoop => of([fixed(a, 0, 3), None, None], [fixed(a, 0, 4), None]),
        O::GenericForPrepare => of([fixed(a, 0, 4), None, None], [None; 2]),
        // The call needs a header slot and two arguments, however few variables there are.
        O::GenericForCall => of([fixed(a, 0, 3), None, None], [fixed(a, 4, u32::from(c).max(4)), None]),
        O::GenericForLoop => of([fixed(a, 4, 1), None, None], [fixed(a, 2, 1), None]),
        // A call uses its callee's slot, the header slot and its arguments as it likes.
        O::Call => of([fixed(a, 0, 1), counted(a, 2, b), None], [fixed(a, 0, 2), counted(a, 0, c)]),
        O::TailCall => of([fixed(a, 0, 1), counted(a, 2, b), None], [fixed(a, 0, 2), None]),
        O::Return | O::CloseReturn => of([counted(a, 0, b), None, None], [None; 2]),
        O::Vararg => of([None; 3], [counted(a, 0, c), None]),
        O::Move
        | O::LoadInteger
        | O::LoadFloat
        | O::LoadConstant
        | O::LoadConstantWide
        | O::LoadTrue
        | O::LoadFalse
        | O::LoadFalseSkip
        | O::NewCell
        | O::NewNilCell
        | O::GetCell
        | O::SetCell
        | O::GetUpvalue
        | O::SetUpvalue
        | O::GetGlobal
        | O::SetGlobal
        | O::SetGlobalK
        | O::GetUpField
        | O::SetUpField
        | O::SetUpFieldK
        | O::GetField
        | O::SetField
        | O::SetFieldK
        | O::GetIndex
        | O::SetIndex
        | O::SetIndexK
        | O::GetIndexI
        | O::SetIndexI
        | O::SetIndexIK
        | O::NewTable
        | O::NewObject
        | O::Closure
        | O::Add
        | O::Subtract
        | O::Multiply
        | O::Modulo
        | O::Power
        | O::Divide
        | O::FloorDivide
        | O::BitAnd
        | O::BitOr
        | O::BitXor
        | O::ShiftLeft
        | O::ShiftRight
        | O::AddK
        | O::SubtractK
        | O::MultiplyK
        | O::ModuloK
        | O::PowerK
        | O::DivideK
        | O::FloorDivideK
        | O::BitAndK
        | O::BitOrK
        | O::BitXorK
        | O::ShiftLeftK
        | O::ShiftRightK
        | O::KAdd
        | O::KSubtract
        | O::KMultiply
        | O::KModulo
        | O::KPower
        | O::KDivide
        | O::KFloorDivide
        | O::KBitAnd
        | O::KBitOr
        | O::KBitXor
        | O::KShiftLeft
        | O::KShiftRight
        | O::AddI
        | O::SubtractI
        | O::Negate
        | O::BitNot
        | O::Not
        | O::Length
        | O::Jump
        | O::LoopJump
        | O::JumpIf
        | O::JumpIfNot
        | O::CopyJumpIf
        | O::CopyJumpIfNot
        | O::JumpEqual
        | O::JumpNotEqual
        | O::JumpLess
        | O::JumpNotLess
        | O::JumpLessEqual
        | O::JumpNotLessEqual
        | O::JumpEqualK
        | O::JumpNotEqualK
        | O::JumpLessK
        | O::JumpNotLessK
        | O::JumpLessEqualK
        | O::JumpNotLessEqualK
        | O::JumpGreaterK
        | O::JumpNotGreaterK
        | O::JumpGreaterEqualK
        | O::JumpNotGreaterEqualK
        | O::JumpEqualI
        | O::JumpNotEqualI
        | O::JumpLessI
        | O::JumpNotLessI
        | O::JumpLessEqualI
        | O::JumpNotLessEqualI
        | O::JumpGreaterI
        | O::JumpNotGreaterI
        | O::JumpGreaterEqualI
        | O::JumpNotGreaterEqualI
        | O::Return0
        | O::Return1
        | O::MarkClose
        | O::Close => from_format(instruction),
    }
}

/// The items of a `SETLIST`, whose count is coded as itself and 0 for "up to the top".
fn list_items(a: u8, b: u8) -> Option<Span> {
    let count = if b == 0 { Count::ToTop } else { Count::Fixed(b.into()) };
    Some(Span { first: u32::from(a) + 1, count })
}

/// The effects of an instruction that touches its register operands and nothing else.
fn from_format(instruction: Instruction) -> Effects {
    let (a, b, c) = match instruction.opcode().format() {
        Format::Abc(a, b, c) => (a, b, c),
        Format::Abx(a, _) => (a, Operand::Unused, Operand::Unused),
        Format::Sj => (Operand::Unused, Operand::Unused, Operand::Unused),
    };
    let operands = [(a, instruction.a()), (b, instruction.b()), (c, instruction.c())];
    let mut result = Effects { reads: [None; 3], writes: [None; 2] };
    for (i, (operand, register)) in operands.into_iter().enumerate() {
        match operand {
            Operand::Read => result.reads[i] = fixed(register, 0, 1),
            Operand::Write => result.writes[0] = fixed(register, 0, 1),
            Operand::Unused
            | Operand::Group
            | Operand::Constant
            | Operand::Upvalue
            | Operand::Signed
            | Operand::Count => {}
        }
    }
    result
}
