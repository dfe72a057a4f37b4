//! The opcodes by what can do them: arithmetic and comparisons, which differ only in operator and operands, and what a
//! function of the VM can do for compiled code.
//!
//! The lowering and the helpers that do without it both read this one table.

use lua_bytecode::Opcode;
use lua_runtime::operate::BinaryOperator;

/// What an opcode does, as far as it is one of many alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// A binary operator.
    Arithmetic(BinaryOperator, Sides),
    /// A comparison that may need a metamethod; it jumps if its truth is `polarity`.
    Comparison {
        /// How the left and the right side are compared.
        relation: Relation,
        /// What the right side is; register A is on the left.
        right: Right,
        /// The truth at which it jumps.
        polarity: bool,
    },
    /// The preparation of a numeric loop: jumps if the loop does not run.
    Preparation,
    /// Access to a variable or table, a constructor, a call: what a function of the VM can do on a complete frame.
    Access,
    /// A move, a jump, a return: what needs no function of the VM, or ends the frame.
    Other,
}

/// The operands of a binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sides {
    /// Registers B and C.
    Registers,
    /// Register B and constant C.
    RightConstant,
    /// Constant B and register C.
    LeftConstant,
    /// Register B and the number sC.
    Immediate,
}

/// The right side of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Register B.
    Register,
    /// Constant Bx.
    Constant,
    /// The number sBx.
    Immediate,
}

/// A relation between a left and a right operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// The class of an opcode.
pub(crate) fn class(opcode: Opcode) -> Class {
    use BinaryOperator as B;
    use Opcode as O;
    let binary = |operator, sides| Class::Arithmetic(operator, sides);
    let compare = |relation, right, polarity| Class::Comparison { relation, right, polarity };
    let (registers, right, left) = (Sides::Registers, Sides::RightConstant, Sides::LeftConstant);
    match opcode {
        O::Add => binary(B::Add, registers),
        O::Subtract => binary(B::Subtract, registers),
        O::Multiply => binary(B::Multiply, registers),
        O::Modulo => binary(B::Modulo, registers),
        O::Power => binary(B::Power, registers),
        O::Divide => binary(B::Divide, registers),
        O::FloorDivide => binary(B::FloorDivide, registers),
        O::BitAnd => binary(B::BitAnd, registers),
        O::BitOr => binary(B::BitOr, registers),
        O::BitXor => binary(B::BitXor, registers),
        O::ShiftLeft => binary(B::ShiftLeft, registers),
        O::ShiftRight => binary(B::ShiftRight, registers),
        O::AddK => binary(B::Add, right),
        O::SubtractK => binary(B::Subtract, right),
        O::MultiplyK => binary(B::Multiply, right),
        O::ModuloK => binary(B::Modulo, right),
        O::PowerK => binary(B::Power, right),
        O::DivideK => binary(B::Divide, right),
        O::FloorDivideK => binary(B::FloorDivide, right),
        O::BitAndK => binary(B::BitAnd, right),
        O::BitOrK => binary(B::BitOr, right),
        O::BitXorK => binary(B::BitXor, right),
        O::ShiftLeftK => binary(B::ShiftLeft, right),
        O::ShiftRightK => binary(B::ShiftRight, right),
        O::KAdd => binary(B::Add, left),
        O::KSubtract => binary(B::Subtract, left),
        O::KMultiply => binary(B::Multiply, left),
        O::KModulo => binary(B::Modulo, left),
        O::KPower => binary(B::Power, left),
        O::KDivide => binary(B::Divide, left),
        O::KFloorDivide => binary(B::FloorDivide, left),
        O::KBitAnd => binary(B::BitAnd, left),
        O::KBitOr => binary(B::BitOr, left),
        O::KBitXor => binary(B::BitXor, left),
        O::KShiftLeft => binary(B::ShiftLeft, left),
        O::KShiftRight => binary(B::ShiftRight, left),
        O::AddI => binary(B::Add, Sides::Immediate),
        O::SubtractI => binary(B::Subtract, Sides::Immediate),

        O::JumpEqual => compare(Relation::Equal, Right::Register, true),
        O::JumpNotEqual => compare(Relation::Equal, Right::Register, false),
        O::JumpLess => compare(Relation::Less, Right::Register, true),
        O::JumpNotLess => compare(Relation::Less, Right::Register, false),
        O::JumpLessEqual => compare(Relation::LessEqual, Right::Register, true),
        O::JumpNotLessEqual => compare(Relation::LessEqual, Right::Register, false),
        O::JumpLessK => compare(Relation::Less, Right::Constant, true),
        O::JumpNotLessK => compare(Relation::Less, Right::Constant, false),
        O::JumpLessEqualK => compare(Relation::LessEqual, Right::Constant, true),
        O::JumpNotLessEqualK => compare(Relation::LessEqual, Right::Constant, false),
        O::JumpGreaterK => compare(Relation::Greater, Right::Constant, true),
        O::JumpNotGreaterK => compare(Relation::Greater, Right::Constant, false),
        O::JumpGreaterEqualK => compare(Relation::GreaterEqual, Right::Constant, true),
        O::JumpNotGreaterEqualK => compare(Relation::GreaterEqual, Right::Constant, false),
        O::JumpLessI => compare(Relation::Less, Right::Immediate, true),
        O::JumpNotLessI => compare(Relation::Less, Right::Immediate, false),
        O::JumpLessEqualI => compare(Relation::LessEqual, Right::Immediate, true),
        O::JumpNotLessEqualI => compare(Relation::LessEqual, Right::Immediate, false),
        O::JumpGreaterI => compare(Relation::Greater, Right::Immediate, true),
        O::JumpNotGreaterI => compare(Relation::Greater, Right::Immediate, false),
        O::JumpGreaterEqualI => compare(Relation::GreaterEqual, Right::Immediate, true),
        O::JumpNotGreaterEqualI => compare(Relation::GreaterEqual, Right::Immediate, false),

        // These never need a metamethod, so that nobody asks for their parts.
        O::JumpEqualK | O::JumpNotEqualK | O::JumpEqualI | O::JumpNotEqualI => Class::Other,
        O::ForPrepare => Class::Preparation,
        O::GetGlobal
        | O::SetGlobal
        | O::SetGlobalK
        | O::GetUpField
        | O::SetUpField
        | O::SetUpFieldK
        | O::GetField
        | O::SetField
        | O::SetFieldK
        | O::SelfField
        | O::GetIndex
        | O::SetIndex
        | O::SetIndexK
        | O::GetIndexI
        | O::SetIndexI
        | O::SetIndexIK
        | O::GetCell
        | O::SetCell
        | O::GetUpvalue
        | O::SetUpvalue
        | O::NewCell
        | O::NewNilCell
        | O::NewTable
        | O::NewObject
        | O::SetList
        | O::Closure
        | O::Negate
        | O::BitNot
        | O::Length
        | O::Concat
        | O::GenericForCall
        | O::Call
        | O::Vararg
        | O::MarkClose
        | O::Close => Class::Access,
        O::Move
        | O::LoadInteger
        | O::LoadFloat
        | O::LoadConstant
        | O::LoadConstantWide
        | O::LoadNil
        | O::LoadTrue
        | O::LoadFalse
        | O::LoadFalseSkip
        | O::Not
        | O::Jump
        | O::LoopJump
        | O::JumpIf
        | O::JumpIfNot
        | O::CopyJumpIf
        | O::CopyJumpIfNot
        | O::ForLoop
        | O::GenericForPrepare
        | O::GenericForLoop
        | O::TailCall
        | O::Return
        | O::Return0
        | O::Return1
        | O::CloseReturn => Class::Other,
    }
}
