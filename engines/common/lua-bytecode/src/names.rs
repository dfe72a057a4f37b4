//! The names that error messages and tracebacks give to values, as PUC Lua finds them: by looking back in the code
//! for the instruction that put the value into its register.
//!
//! The scan runs forward from the function's start, symbolically. When an instruction that sets the register could
//! have been jumped over, nothing is known of the register.

use lua_syntax::ast::Bytes;

use crate::effects::effects;
use crate::instruction::{Instruction, Pc, Register, instructions, jump_target};
use crate::opcode::Opcode;
use crate::proto::{Constant, FeedbackDescriptor, FunctionProto, Storage};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A local variable.
    Local,
    /// A global variable.
    Global,
    /// A field of a table.
    Field,
    /// A method.
    Method,
    /// An upvalue.
    Upvalue,
    /// A string constant.
    Constant,
    /// A function called by an operation (`add`, `index`).
    Metamethod,
    /// The iterator of a generic `for`.
    ForIterator,
}

impl NameKind {
    /// The word in messages.
    pub fn word(self) -> &'static str {
        match self {
            NameKind::Local => "local",
            NameKind::Global => "global",
            NameKind::Field => "field",
            NameKind::Method => "method",
            NameKind::Upvalue => "upvalue",
            NameKind::Constant => "constant",
            NameKind::Metamethod => "metamethod",
            NameKind::ForIterator => "for iterator",
        }
    }
}

/// A name as a message shows it: `local 'x'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What it stands for.
    pub kind: NameKind,
    /// The name itself.
    pub text: Bytes,
}

impl Name {
    fn new(kind: NameKind, text: &[u8]) -> Name {
        Name { kind, text: Bytes::from(text) }
    }
}

const ENVIRONMENT: &[u8] = b"_ENV";

/// The name of the value in `register` just before the instruction at `pc` runs.
pub fn register_name(proto: &FunctionProto, pc: Pc, register: Register) -> Option<Name> {
    if let Some(name) = local_name(proto, pc, register) {
        return Some(Name { kind: NameKind::Local, text: name });
    }
    let setter = find_setter(proto, pc, register)?;
    let instruction = Instruction(proto.code[setter as usize]);
    let slot = || proto.code[setter as usize + 1];
    match instruction.opcode() {
        Opcode::Move if instruction.b() < instruction.a() => register_name(proto, setter, instruction.b()),
        Opcode::GetCell => Some(Name { kind: NameKind::Local, text: local_name(proto, setter, instruction.b())? }),
        Opcode::GetUpvalue => upvalue_name(proto, instruction.b()),
        // Without names nobody knows that the upvalue is `_ENV`.
        Opcode::GetGlobal => {
            let kind = if proto.is_stripped() { NameKind::Field } else { NameKind::Global };
            Some(Name { kind, text: key_text(proto, slot())? })
        }
        Opcode::GetUpField => Some(Name { kind: NameKind::Field, text: key_text(proto, slot())? }),
        Opcode::GetField => {
            let kind = field_kind(proto, setter, instruction.b());
            Some(Name { kind, text: key_text(proto, slot())? })
        }
        Opcode::GetIndex => {
            let kind = field_kind(proto, setter, instruction.b());
            let key = register_name(proto, setter, instruction.c()).filter(|name| name.kind == NameKind::Constant);
            Some(key.map_or_else(|| Name::new(kind, b"?"), |key| Name { kind, text: key.text }))
        }
        Opcode::GetIndexI => Some(Name::new(NameKind::Field, b"integer index")),
        Opcode::SelfField => Some(Name { kind: NameKind::Method, text: key_text(proto, slot())? }),
        Opcode::LoadConstant => constant_name(proto, u32::from(instruction.bx())),
        Opcode::LoadConstantWide => constant_name(proto, slot()),
        _ => None,
    }
}

/// The name of upvalue `index`.
pub fn upvalue_name(proto: &FunctionProto, index: u8) -> Option<Name> {
    let upvalue = proto.upvalues.get(usize::from(index))?;
    Some(Name { kind: NameKind::Upvalue, text: upvalue.name.clone() })
}

/// The name of the function that the instruction at `pc` calls, directly or as a metamethod.
pub fn callee_name(proto: &FunctionProto, pc: Pc) -> Option<Name> {
    let instruction = Instruction(proto.code[pc as usize]);
    match instruction.opcode() {
        Opcode::Call | Opcode::TailCall => register_name(proto, pc, instruction.a()),
        Opcode::GenericForCall => Some(Name::new(NameKind::ForIterator, b"for iterator")),
        opcode => Some(Name::new(NameKind::Metamethod, event(opcode)?.as_bytes())),
    }
}

/// The metamethod that an instruction can call, without its underscores.
fn event(opcode: Opcode) -> Option<&'static str> {
    use Opcode as O;
    Some(match opcode {
        O::GetGlobal | O::GetUpField | O::GetField | O::GetIndex | O::GetIndexI | O::SelfField => "index",
        O::SetGlobal
        | O::SetGlobalK
        | O::SetUpField
        | O::SetUpFieldK
        | O::SetField
        | O::SetFieldK
        | O::SetIndex
        | O::SetIndexK
        | O::SetIndexI
        | O::SetIndexIK => "newindex",
        O::Add | O::AddK | O::KAdd | O::AddI => "add",
        O::Subtract | O::SubtractK | O::KSubtract | O::SubtractI => "sub",
        O::Multiply | O::MultiplyK | O::KMultiply => "mul",
        O::Modulo | O::ModuloK | O::KModulo => "mod",
        O::Power | O::PowerK | O::KPower => "pow",
        O::Divide | O::DivideK | O::KDivide => "div",
        O::FloorDivide | O::FloorDivideK | O::KFloorDivide => "idiv",
        O::BitAnd | O::BitAndK | O::KBitAnd => "band",
        O::BitOr | O::BitOrK | O::KBitOr => "bor",
        O::BitXor | O::BitXorK | O::KBitXor => "bxor",
        O::ShiftLeft | O::ShiftLeftK | O::KShiftLeft => "shl",
        O::ShiftRight | O::ShiftRightK | O::KShiftRight => "shr",
        O::Negate => "unm",
        O::BitNot => "bnot",
        O::Length => "len",
        O::Concat => "concat",
        O::JumpEqual | O::JumpNotEqual => "eq",
        O::JumpLess
        | O::JumpNotLess
        | O::JumpLessK
        | O::JumpNotLessK
        | O::JumpGreaterK
        | O::JumpNotGreaterK
        | O::JumpLessI
        | O::JumpNotLessI
        | O::JumpGreaterI
        | O::JumpNotGreaterI => "lt",
        O::JumpLessEqual
        | O::JumpNotLessEqual
        | O::JumpLessEqualK
        | O::JumpNotLessEqualK
        | O::JumpGreaterEqualK
        | O::JumpNotGreaterEqualK
        | O::JumpLessEqualI
        | O::JumpNotLessEqualI
        | O::JumpGreaterEqualI
        | O::JumpNotGreaterEqualI => "le",
        O::Close | O::CloseReturn => "close",
        O::Move
        | O::LoadInteger
        | O::LoadFloat
        | O::LoadConstant
        | O::LoadConstantWide
        | O::LoadNil
        | O::LoadTrue
        | O::LoadFalse
        | O::LoadFalseSkip
        | O::NewCell
        | O::NewNilCell
        | O::GetCell
        | O::SetCell
        | O::GetUpvalue
        | O::SetUpvalue
        | O::NewTable
        | O::NewObject
        | O::SetList
        | O::Closure
        | O::Not
        | O::Jump
        | O::LoopJump
        | O::JumpIf
        | O::JumpIfNot
        | O::CopyJumpIf
        | O::CopyJumpIfNot
        | O::JumpEqualK
        | O::JumpNotEqualK
        | O::JumpEqualI
        | O::JumpNotEqualI
        | O::ForPrepare
        | O::ForLoop
        | O::GenericForPrepare
        | O::GenericForCall
        | O::GenericForLoop
        | O::Call
        | O::TailCall
        | O::Return
        | O::Return0
        | O::Return1
        | O::Vararg
        | O::MarkClose => return None,
    })
}

/// The name of the local variable whose value, or else whose cell, is in the register.
fn local_name(proto: &FunctionProto, pc: Pc, register: Register) -> Option<Bytes> {
    let lives_there = |storage| match storage {
        Storage::Register(home) | Storage::Cell(home) => home == register,
        Storage::RegisterAndCell { register: home, cell: _ } => home == register,
    };
    proto.named_locals(pc).find(|local| lives_there(local.storage)).map(|local| local.name.clone())
}

/// `Global` if the register holds the variable `_ENV`, else `Field`.
fn field_kind(proto: &FunctionProto, pc: Pc, object: Register) -> NameKind {
    match register_name(proto, pc, object) {
        Some(Name { kind: NameKind::Local | NameKind::Upvalue, text }) if *text == *ENVIRONMENT => NameKind::Global,
        Some(_) | None => NameKind::Field,
    }
}

fn key_text(proto: &FunctionProto, slot: u32) -> Option<Bytes> {
    match proto.feedback.get(slot as usize)? {
        FeedbackDescriptor::Field(key) => constant_name(proto, *key).map(|name| name.text),
        FeedbackDescriptor::Index | FeedbackDescriptor::Call | FeedbackDescriptor::Template(_) => None,
    }
}

fn constant_name(proto: &FunctionProto, index: u32) -> Option<Name> {
    match proto.constants.get(index as usize)? {
        Constant::String(text) => Some(Name { kind: NameKind::Constant, text: text.clone() }),
        Constant::Nil | Constant::Boolean(_) | Constant::Integer(_) | Constant::Float(_) => None,
    }
}

/// The instruction that has set the register when control is at `pc`, if that is certain.
fn find_setter(proto: &FunctionProto, pc: Pc, register: Register) -> Option<Pc> {
    let mut setter = None;
    // Before this, everything may have been jumped over on the way to `pc`.
    let mut joined = 0;
    for (at, instruction) in instructions(&proto.code) {
        if at >= pc {
            break;
        }
        if let Some(target) = jump_target(&proto.code, at)
            && target > i64::from(at)
            && target <= i64::from(pc)
        {
            joined = joined.max(target as Pc);
        }
        let sets = effects(instruction).writes.into_iter().flatten().any(|span| span.contains(register));
        if sets {
            setter = (at >= joined).then_some(at);
        }
    }
    setter
}

#[cfg(test)]
mod tests;
