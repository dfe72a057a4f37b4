//! The names that error messages and tracebacks give to values, as PUC Lua finds them: by looking back in the code
//! for the instruction that put the value into its register.
//!
//! The scan runs forward from the function's start, symbolically. When an instruction that sets the register could
//! have been jumped over, nothing is known of the register.

use lua_syntax::ast::Bytes;

use crate::effects::effects;
use crate::instruction::{Instruction, Operand, Pc, Register, instructions, jump_target, loaded_constant};
use crate::opcode::{Access, Operation, Origin};
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
    let key = || key_text(proto, proto.code[setter as usize + 1]);
    match instruction.opcode().origin() {
        Origin::Register if instruction.b() < instruction.a() => register_name(proto, setter, instruction.b()),
        Origin::Register | Origin::Nameless => None,
        Origin::Cell => Some(Name { kind: NameKind::Local, text: local_name(proto, setter, instruction.b())? }),
        Origin::Upvalue => upvalue_name(proto, instruction.b()),
        Origin::Constant => constant_name(proto, loaded_constant(&proto.code, setter)),
        Origin::Method => Some(Name { kind: NameKind::Method, text: key()? }),
        // Without names nobody knows that the upvalue is `_ENV`.
        Origin::Field(Access::Global) if !proto.is_stripped() => Some(Name { kind: NameKind::Global, text: key()? }),
        Origin::Field(Access::Global | Access::UpvalueField) => Some(Name { kind: NameKind::Field, text: key()? }),
        Origin::Field(Access::Field) => {
            let kind = field_kind(proto, setter, instruction.b());
            Some(Name { kind, text: key()? })
        }
        Origin::Field(Access::Element) => Some(element_name(proto, setter, instruction)),
    }
}

/// The name of the value that an instruction reads from a table by a key in an operand.
fn element_name(proto: &FunctionProto, pc: Pc, instruction: Instruction) -> Name {
    let Operand::Register(key) = instruction.operand_c() else {
        return Name::new(NameKind::Field, b"integer index");
    };
    let kind = field_kind(proto, pc, instruction.b());
    let key = register_name(proto, pc, key).filter(|name| name.kind == NameKind::Constant);
    key.map_or_else(|| Name::new(kind, b"?"), |key| Name { kind, text: key.text })
}

/// The name of upvalue `index`.
pub fn upvalue_name(proto: &FunctionProto, index: u8) -> Option<Name> {
    let upvalue = proto.upvalues.get(usize::from(index))?;
    Some(Name { kind: NameKind::Upvalue, text: upvalue.name.clone() })
}

/// The name of the function that the instruction at `pc` calls, directly or as a metamethod.
pub fn callee_name(proto: &FunctionProto, pc: Pc) -> Option<Name> {
    let instruction = Instruction(proto.code[pc as usize]);
    let opcode = instruction.opcode();
    if opcode.operation() == Operation::GenericForCall {
        Some(Name::new(NameKind::ForIterator, b"for iterator"))
    } else if opcode.is_call() {
        register_name(proto, pc, instruction.a())
    } else {
        Some(Name::new(NameKind::Metamethod, opcode.event()?.as_bytes()))
    }
}

/// The name of the local variable whose value, or else whose cell, is in the register.
pub(crate) fn local_name(proto: &FunctionProto, pc: Pc, register: Register) -> Option<Bytes> {
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

pub(crate) fn key_text(proto: &FunctionProto, slot: u32) -> Option<Bytes> {
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
pub(crate) fn find_setter(proto: &FunctionProto, pc: Pc, register: Register) -> Option<Pc> {
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
