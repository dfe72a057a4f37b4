//! The piece of source that an instruction was compiled from, for people: `v + 1`, `self.items[i]`, `add(..)`.
//!
//! It is put together from the code alone, as the names in [`crate::names`] are: the bytecode has lines and no columns.
//! What an operand was computed by is shown to a small depth, and as `..` where that is not known.

use lua_syntax::ast::UnaryOperator;
use lua_syntax::print::{binary_text, unary_text};

use crate::instruction::{Instruction, Operand, Pc, Register, loaded_constant};
use crate::names::{find_setter, key_text, local_name, upvalue_name};
use crate::opcode::{Access, Allocation, Literal, Operation, Relation};
use crate::proto::{Constant, FunctionProto, Storage};

/// What stands for what is not known or not shown.
const ELLIPSIS: &str = "..";
/// How deep operands of operands are shown.
const DEPTH: u32 = 2;
/// Strings are shown up to so many characters.
const MAX_STRING: usize = 16;

/// What the instruction at `pc` does, in the words of the source.
pub fn construct(proto: &FunctionProto, pc: Pc) -> String {
    Reader { proto }.instruction(pc, DEPTH)
}

struct Reader<'a> {
    proto: &'a FunctionProto,
}

impl Reader<'_> {
    fn instruction(&self, pc: Pc, depth: u32) -> String {
        let word = Instruction(self.proto.code[pc as usize]);
        let register = |register| self.register(pc, register, depth);
        let operand = |operand| self.operand(pc, operand, depth);
        match word.opcode().operation() {
            Operation::Move | Operation::GetCell | Operation::CopyTest { .. } => register(word.b()),
            Operation::Load(literal) => self.literal(pc, word, literal),
            Operation::LoadFalseSkip => "false".to_string(),
            Operation::New(Allocation::Cell | Allocation::NilCell) => format!("local {}", register(word.a())),
            Operation::New(Allocation::Table | Allocation::Template) | Operation::SetList => "{..}".to_string(),
            Operation::New(Allocation::Closure) => "function".to_string(),
            Operation::SetCell => format!("{} = {}", register(word.a()), register(word.b())),
            Operation::GetUpvalue => self.upvalue(word.b()),
            Operation::SetUpvalue => format!("{} = {}", self.upvalue(word.b()), register(word.a())),
            Operation::Get(Access::Global) => self.key(pc),
            Operation::Get(Access::UpvalueField) => format!("{}.{}", self.upvalue(word.b()), self.key(pc)),
            Operation::Get(Access::Field) => format!("{}.{}", register(word.b()), self.key(pc)),
            Operation::Get(Access::Element) => format!("{}[{}]", register(word.b()), operand(word.operand_c())),
            Operation::Set(Access::Global) => format!("{} = {}", self.key(pc), operand(word.operand_b())),
            Operation::Set(Access::UpvalueField) => {
                format!("{}.{} = {}", self.upvalue(word.a()), self.key(pc), operand(word.operand_b()))
            }
            Operation::Set(Access::Field) => {
                format!("{}.{} = {}", register(word.a()), self.key(pc), operand(word.operand_b()))
            }
            Operation::Set(Access::Element) => {
                format!("{}[{}] = {}", register(word.a()), operand(word.operand_b()), operand(word.operand_c()))
            }
            Operation::GetMethod => format!("{}:{}", register(word.b()), self.key(pc)),
            Operation::Arithmetic(operator) => {
                let (left, right) = (operand(word.operand_b()), operand(word.operand_c()));
                format!("{left} {} {right}", binary_text(operator))
            }
            Operation::Unary(operator) => {
                let space = if operator == UnaryOperator::Not { " " } else { "" };
                format!("{}{space}{}", unary_text(operator), register(word.b()))
            }
            Operation::Concat => {
                let parts = (word.a()..word.a().saturating_add(word.b())).map(register);
                parts.collect::<Vec<_>>().join(" .. ")
            }
            Operation::Jump | Operation::LoopJump => "loop".to_string(),
            Operation::Test { .. } => register(word.a()),
            Operation::Compare { relation, .. } => {
                format!("{} {} {}", register(word.a()), relation_text(relation), operand(word.operand_b()))
            }
            Operation::ForPrepare | Operation::ForLoop => format!("for {}", self.variables(pc, word.a() + 3, 1)),
            Operation::GenericForPrepare | Operation::GenericForLoop => {
                format!("for {} in", self.variables(pc, word.a() + 4, 1))
            }
            Operation::GenericForCall => format!("for {} in", self.variables(pc, word.a() + 4, word.c())),
            Operation::Call | Operation::TailCall => format!("{}({ELLIPSIS})", register(word.a())),
            Operation::Return | Operation::CloseReturn => "return".to_string(),
            Operation::Vararg => "...".to_string(),
            Operation::MarkClose => format!("local {} <close>", register(word.a())),
            Operation::Close => "end".to_string(),
        }
    }

    /// What is in a register just before an instruction.
    fn register(&self, pc: Pc, register: Register, depth: u32) -> String {
        if let Some(name) = local_name(self.proto, pc, register) {
            return String::from_utf8_lossy(&name).into_owned();
        }
        let setter = if depth == 0 { None } else { find_setter(self.proto, pc, register) };
        let Some(setter) = setter else { return ELLIPSIS.to_string() };
        let operation = Instruction(self.proto.code[setter as usize]).opcode().operation();
        let text = self.instruction(setter, depth - 1);
        if matches!(operation, Operation::ForLoop | Operation::GenericForLoop | Operation::Close) {
            // What is left of a loop in its registers is no value that the source names.
            ELLIPSIS.to_string()
        } else if matches!(operation, Operation::Arithmetic(_) | Operation::Concat | Operation::Unary(_)) {
            format!("({text})")
        } else {
            text
        }
    }

    fn operand(&self, pc: Pc, operand: Operand, depth: u32) -> String {
        match operand {
            Operand::Register(register) => self.register(pc, register, depth),
            Operand::Constant(index) => self.constant(index),
            Operand::Number(number) => number.to_string(),
        }
    }

    fn literal(&self, pc: Pc, word: Instruction, literal: Literal) -> String {
        match literal {
            Literal::Integer => word.sbx().to_string(),
            Literal::Float => format!("{:?}", f64::from(word.sbx())),
            Literal::Constant => self.constant(loaded_constant(&self.proto.code, pc)),
            Literal::Nil => "nil".to_string(),
            Literal::True => "true".to_string(),
            Literal::False => "false".to_string(),
        }
    }

    fn constant(&self, index: u32) -> String {
        match self.proto.constants.get(index as usize) {
            Some(Constant::Nil) => "nil".to_string(),
            Some(Constant::Boolean(value)) => value.to_string(),
            Some(Constant::Integer(value)) => value.to_string(),
            Some(Constant::Float(value)) => format!("{value:?}"),
            Some(Constant::String(bytes)) => string(bytes),
            None => ELLIPSIS.to_string(),
        }
    }

    fn upvalue(&self, index: u8) -> String {
        let name = upvalue_name(self.proto, index);
        name.map_or_else(|| ELLIPSIS.to_string(), |name| String::from_utf8_lossy(&name.text).into_owned())
    }

    /// The key of a field access.
    fn key(&self, pc: Pc) -> String {
        let key = key_text(self.proto, self.proto.code[pc as usize + 1]);
        key.map_or_else(|| ELLIPSIS.to_string(), |key| String::from_utf8_lossy(&key).into_owned())
    }

    /// The variables of a loop, of which these are the registers: they are in scope in its body alone.
    fn variables(&self, pc: Pc, first: Register, count: u8) -> String {
        let entry = self.proto.loops.iter().find(|entry| pc <= entry.back_edge_pc && entry.back_edge_pc - pc <= 2);
        let header = entry.map_or(pc, |entry| entry.header_pc);
        let lives_there = |storage: Storage, register| storage.register() == register;
        let name = |register| {
            let mut locals = self.proto.locals.iter();
            let found =
                locals.find(|local| local.start_pc.abs_diff(header) <= 2 && lives_there(local.storage, register));
            found.map_or_else(|| ELLIPSIS.to_string(), |local| String::from_utf8_lossy(&local.name).into_owned())
        };
        (first..first.saturating_add(count)).map(name).collect::<Vec<_>>().join(", ")
    }
}

fn string(bytes: &[u8]) -> String {
    let text = bytes.escape_ascii().to_string();
    match text.char_indices().nth(MAX_STRING) {
        Some((end, _)) => format!("\"{}{ELLIPSIS}\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

fn relation_text(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "==",
        Relation::Less => "<",
        Relation::LessEqual => "<=",
        Relation::Greater => ">",
        Relation::GreaterEqual => ">=",
    }
}

#[cfg(test)]
mod tests;
