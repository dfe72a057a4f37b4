//! The functions of a profile, by what they are made from, and the types that they are called with.

use std::collections::HashMap;
use std::rc::Rc;

use engine_api::profile::FunctionProfile;
use lua_bytecode::FunctionProto;
use lua_runtime::Vm;
use lua_runtime::traceback::loaded_name;
use lua_runtime::value::{Tag, Value};

/// Different signatures that are kept of a function or a call site; calls with others are counted without.
const MAX_SIGNATURES: usize = 256;
/// Arguments that a signature tells apart.
const MAX_ARGUMENTS: usize = 12;
/// Bits of one argument.
const ARGUMENT_BITS: usize = 5;

/// A function.
pub(super) struct Function {
    /// What it is made from; `None` for one of the library. Kept, so that its address stays its own.
    pub(super) proto: Option<Rc<FunctionProto>>,
    name: String,
    pub(super) calls: u64,
    pub(super) total: u64,
    pub(super) itself: u64,
    pub(super) signatures: Signatures,
}

impl Function {
    pub(super) fn profile(&self) -> FunctionProfile {
        let (chunk, line) = match &self.proto {
            Some(proto) => (lua_syntax::diagnostic::chunk_display_name(&proto.chunk_name), proto.line_defined),
            None => (String::new(), 0),
        };
        FunctionProfile {
            name: self.name.clone(),
            chunk,
            line,
            calls: self.calls,
            total: self.total,
            itself: self.itself,
            signatures: self.signatures.texts(),
        }
    }
}

/// The functions that were seen, by number.
#[derive(Default)]
pub(super) struct Functions {
    pub(super) list: Vec<Function>,
    by_address: HashMap<usize, u32>,
}

impl Functions {
    /// The number of a Lua function.
    pub(super) fn of_proto(&mut self, proto: &Rc<FunctionProto>) -> u32 {
        let address = Rc::as_ptr(proto).addr();
        match self.by_address.get(&address) {
            Some(number) => *number,
            None => self.add(address, Some(Rc::clone(proto)), proto.name.clone()),
        }
    }

    /// The number of what lies in the slot of a callee, if it is a function of the library.
    pub(super) fn of_library(&mut self, vm: &Vm, callee: Value) -> Option<u32> {
        let address = callee.as_native()?.function() as usize;
        if let Some(number) = self.by_address.get(&address) {
            return Some(*number);
        }
        let name = loaded_name(vm, callee).unwrap_or_else(|| "library function".to_string());
        Some(self.add(address, None, name))
    }

    fn add(&mut self, address: usize, proto: Option<Rc<FunctionProto>>, name: String) -> u32 {
        let number = self.list.len() as u32;
        let signatures = Signatures::default();
        self.list.push(Function { proto, name, calls: 0, total: 0, itself: 0, signatures });
        self.by_address.insert(address, number);
        number
    }

    pub(super) fn profiles(&self) -> Vec<FunctionProfile> {
        self.list.iter().map(Function::profile).collect()
    }
}

/// The types of arguments, by how often they came.
#[derive(Default)]
pub(super) struct Signatures(Vec<(u64, u64)>);

impl Signatures {
    /// Counts a call.
    pub(super) fn count(&mut self, signature: u64) {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == signature) {
            *count += 1;
        } else if self.0.len() < MAX_SIGNATURES {
            self.0.push((signature, 1));
        }
    }

    /// How often the most frequent ones came.
    pub(super) fn most_frequent(&self) -> u64 {
        self.0.iter().map(|(_, count)| *count).max().unwrap_or(0)
    }

    /// As texts, the most frequent first.
    pub(super) fn texts(&self) -> Vec<(String, u64)> {
        let mut sorted = self.0.clone();
        sorted.sort_by_key(|(signature, count)| (std::cmp::Reverse(*count), *signature));
        sorted.into_iter().map(|(signature, count)| (text(signature), count)).collect()
    }
}

/// The types of arguments as a number; those behind the first few are left out.
pub(super) fn signature(arguments: impl Iterator<Item = Value>) -> u64 {
    let tags = arguments.take(MAX_ARGUMENTS).enumerate();
    tags.fold(0, |signature, (index, value)| signature | (value.tag as u64 + 1) << (index * ARGUMENT_BITS))
}

/// The types of any number of values as a number that is another one for other types, but for few that fall together.
pub(super) fn types(values: impl Iterator<Item = Value>) -> u64 {
    values.fold(0, |types: u64, value| types.rotate_left(5).wrapping_mul(31) ^ (value.tag as u64 + 1))
}

fn text(signature: u64) -> String {
    let mut kinds = Vec::new();
    let mut rest = signature;
    while rest != 0 {
        let number = rest & ((1 << ARGUMENT_BITS) - 1);
        rest >>= ARGUMENT_BITS;
        let tag = TAGS.into_iter().find(|tag| *tag as u64 + 1 == number);
        kinds.push(tag.map_or("?", Tag::kind_name));
    }
    format!("({})", kinds.join(", "))
}

/// The tags that arguments can have.
const TAGS: [Tag; 12] = [
    Tag::Nil,
    Tag::False,
    Tag::True,
    Tag::Integer,
    Tag::Float,
    Tag::String,
    Tag::Table,
    Tag::Closure,
    Tag::Native,
    Tag::Thread,
    Tag::Cell,
    Tag::Userdata,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_told_by_kind_and_place() {
        let of = |values: &[Value]| text(signature(values.iter().copied()));
        assert_eq!(of(&[]), "()");
        assert_eq!(of(&[Value::integer(1), Value::NIL, Value::TRUE]), "(integer, nil, boolean)");
        let many = [Value::integer(1); 20];
        assert_eq!(of(&many).matches("integer").count(), MAX_ARGUMENTS);
    }

    #[test]
    fn the_most_frequent_comes_first() {
        let mut signatures = Signatures::default();
        for value in [Value::integer(1), Value::NIL, Value::NIL] {
            signatures.count(signature(std::iter::once(value)));
        }
        assert_eq!(signatures.texts(), [("(nil)".to_string(), 2), ("(integer)".to_string(), 1)]);
    }
}
