//! What a register probably holds where an instruction reads it: what it was last loaded from, as that is when the function is
//! compiled. A guess: the code that is made for it checks it.

use lua_bytecode::effects::effects;
use lua_bytecode::{Instruction, Pc};
use lua_runtime::value::{Tag, Value};

use crate::compile::Emitter;
use crate::masm::MacroAssembler;
use crate::select::{Origin, origin};

/// How many instructions before its use the load of a register is looked for.
const MAX_DISTANCE: usize = 24;
/// How many loads lead to a value at most: `a.b.c` are three.
const MAX_LOADS: u32 = 4;

impl<'a, M: MacroAssembler> Emitter<'a, M> {
    /// The tag that a register probably has at the current instruction.
    pub(crate) fn guess(&self, register: u8) -> Tag {
        let now = || self.source.registers[usize::from(register)];
        self.likely_value(register).filter(|value| !value.is_nil()).unwrap_or_else(now).tag()
    }

    /// What a register probably holds at the current instruction; `None` if it was computed.
    pub(crate) fn likely_value(&self, register: u8) -> Option<Value> {
        self.value_before(register, self.pc, MAX_LOADS)
    }

    /// What a register probably holds before an instruction: what it was last loaded from, or, of a variable, what it holds
    /// now.
    fn value_before(&self, register: u8, before: Pc, loads: u32) -> Option<Value> {
        let loads = loads.checked_sub(1)?;
        let end = self.instructions.partition_point(|(pc, _)| *pc < before);
        let writes = |word: Instruction| effects(word).writes.iter().flatten().any(|span| span.contains(register));
        let mut recent = self.instructions[..end].iter().rev().take(MAX_DISTANCE);
        let Some(&(pc, word)) = recent.find(|(_, word)| writes(*word)) else {
            return Some(self.source.registers[usize::from(register)]);
        };
        match origin(word, register)? {
            Origin::Register(from) => self.value_before(from, pc, loads),
            Origin::Upvalue(index) => Some(self.upvalue(index)),
            Origin::FieldOfUpvalue(index) => self.field_of(self.upvalue(index), pc),
            Origin::FieldOfRegister(object) => self.field_of(self.value_before(object, pc, loads)?, pc),
        }
    }

    /// The value of an upvalue now.
    fn upvalue(&self, index: u8) -> Value {
        self.source.closure.cell(index.into()).get()
    }

    /// The value now of the field that the instruction at `pc` loads from an object.
    fn field_of(&self, object: Value, pc: Pc) -> Option<Value> {
        let cache = &self.source.prototype.feedback(self.proto().code[pc as usize + 1]).cache;
        let table = if object.tag() == Tag::String { self.source.string_methods } else { object.as_table() };
        Some(table?.get_string(cache.key(), self.source.seed))
    }
}
