//! Which registers of a function may still be read from an instruction on.
//!
//! Compiled code stores what is visible at the place where it is left, and nothing else: what later instructions read, and
//! the variables in scope, which the program can look at by its debug library. A value that nobody can see need not be
//! kept in a machine register for the exit's sake. The sets come from the bytecode alone.

use crate::effects::{Count, Span, effects};
use crate::instruction::{Instruction, Pc, instructions, jump_target};
use crate::opcode::Extra;
use crate::proto::{FunctionProto, Storage, UpvalueSource};

/// A set of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Registers([u64; 4]);

impl Registers {
    /// Whether a register is in the set.
    pub fn contains(self, register: u32) -> bool {
        register < 256 && self.0[register as usize / 64] >> (register % 64) & 1 != 0
    }

    fn insert(&mut self, register: u32) {
        if register < 256 {
            self.0[register as usize / 64] |= 1 << (register % 64);
        }
    }

    fn remove(&mut self, register: u32) {
        if register < 256 {
            self.0[register as usize / 64] &= !(1 << (register % 64));
        }
    }

    fn add(&mut self, other: Registers) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    fn insert_span(&mut self, span: Span) {
        match span.count {
            Count::Fixed(count) => (span.first..span.first + count).for_each(|register| self.insert(register)),
            // The top is not known here, so everything from the first register on counts as read.
            Count::ToTop => (span.first..256).for_each(|register| self.insert(register)),
        }
    }
}

/// The registers that are live before each instruction of a function.
#[derive(Debug)]
pub struct Liveness {
    /// By word index; empty for second words.
    before: Vec<Registers>,
    /// The same if every instruction reads the variables in scope.
    visible: Vec<Registers>,
}

impl Liveness {
    /// The live registers of a function.
    pub fn of(proto: &FunctionProto) -> Liveness {
        let nothing = vec![Registers::default(); proto.code.len() + 1];
        Liveness { before: live(proto, &nothing), visible: live(proto, &in_scope(proto)) }
    }

    /// The registers that are live before the instruction at `pc`.
    pub fn before(&self, pc: Pc) -> Registers {
        self.before[pc as usize]
    }

    /// The registers that are live before the instruction at `pc`, or of variables that are in scope there, or will be
    /// with what the register holds now.
    pub fn visible(&self, pc: Pc) -> Registers {
        self.visible[pc as usize]
    }
}

/// The live registers by word index, found by going backwards until nothing changes. `read` are those that each
/// instruction reads beside its operands.
fn live(proto: &FunctionProto, read: &[Registers]) -> Vec<Registers> {
    let code = &proto.code;
    let all: Vec<(Pc, Instruction)> = instructions(code).collect();
    let mut before = vec![Registers::default(); code.len() + 1];
    loop {
        let mut changed = false;
        for &(pc, instruction) in all.iter().rev() {
            let opcode = instruction.opcode();
            let mut live = Registers::default();
            if !opcode.ends_path() {
                live = before[(pc + opcode.words()) as usize];
            }
            if let Some(target) = jump_target(code, pc) {
                live.add(before[target as usize]);
            }
            step_back(proto, pc, instruction, &mut live);
            live.add(read[pc as usize]);
            if live != before[pc as usize] {
                before[pc as usize] = live;
                changed = true;
            }
        }
        if !changed {
            return before;
        }
    }
}

/// The registers of the variables in scope, by word index.
fn in_scope(proto: &FunctionProto) -> Vec<Registers> {
    let mut all = vec![Registers::default(); proto.code.len() + 1];
    for local in &proto.locals {
        match local.storage {
            Storage::Register(register) | Storage::RegisterAndCell { register, .. } => {
                let scope = local.start_pc as usize..local.end_pc as usize;
                all[scope].iter_mut().for_each(|registers| registers.insert(register.into()));
            }
            Storage::Cell(_) => {}
        }
    }
    all
}

/// From what is live behind an instruction to what is live before it.
fn step_back(proto: &FunctionProto, pc: Pc, instruction: Instruction, live: &mut Registers) {
    let effects = effects(instruction);
    if instruction.opcode().always_writes() {
        for span in effects.writes.into_iter().flatten() {
            match span.count {
                Count::Fixed(count) => (span.first..span.first + count).for_each(|register| live.remove(register)),
                // Whoever reads up to the top reads no further than this has written.
                Count::ToTop => (span.first..256).for_each(|register| live.remove(register)),
            }
        }
    }
    for span in effects.reads.into_iter().flatten() {
        live.insert_span(span);
    }
    if instruction.opcode().extra() == Extra::Proto {
        // The cells that a closure captures are in registers, which only the nested function names.
        for upvalue in &proto.protos[proto.code[pc as usize + 1] as usize].upvalues {
            match upvalue.source {
                UpvalueSource::Register(register) => live.insert(register.into()),
                UpvalueSource::Upvalue(_) | UpvalueSource::Environment => {}
            }
        }
    }
}
