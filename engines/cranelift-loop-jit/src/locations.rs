//! What a source location of Cranelift's means here: the bytecode instruction, and for an access to memory what it is an
//! access to, which listings name.
//!
//! A source location is a number that Cranelift carries from its input to the machine code. This file must not know who
//! makes locations or reads them.

use std::collections::HashMap;

use engine_api::Layout;
use lua_bytecode::Pc;

/// What a piece of code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Location {
    /// The bytecode instruction in the loop's own function.
    pub(crate) pc: Pc,
    /// The structure that it reads or writes.
    pub(crate) layout: Option<&'static Layout>,
}

/// The locations of a unit, by number.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    all: Vec<Location>,
    /// By instruction and address of the layout.
    numbers: HashMap<(Pc, usize), u32>,
}

impl Locations {
    /// The number of a location.
    pub(crate) fn number(&mut self, location: Location) -> u32 {
        let layout = location.layout.map_or(0, |layout| std::ptr::from_ref(layout).addr());
        *self.numbers.entry((location.pc, layout)).or_insert_with(|| {
            self.all.push(location);
            self.all.len() as u32 - 1
        })
    }

    /// The location with a number; `None` for Cranelift's own default.
    pub(crate) fn get(&self, number: u32) -> Option<Location> {
        self.all.get(number as usize).copied()
    }

    /// What something at a distance from a pointer is called, if all structures that are accessed for an instruction and
    /// have a name for it agree. For accesses that Cranelift has merged into other instructions.
    pub(crate) fn only_name(&self, pc: Pc, offset: i64) -> Option<String> {
        let layouts = self.all.iter().filter(|location| location.pc == pc).filter_map(|location| location.layout);
        let mut names: Vec<String> = layouts.filter_map(|layout| layout.name_of(offset)).collect();
        names.dedup();
        names.pop().filter(|_| names.is_empty())
    }
}
