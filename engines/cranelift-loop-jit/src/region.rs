//! The bytecode that is compiled together: one loop with everything inside it.
//!
//! A loop is the words from its header to its last back-edge; what a `break` or `return` jumps to lies outside. This
//! file finds the loop, the places where control can join, and the inner loops. It knows no types.

use std::collections::{BTreeMap, BTreeSet};

use lua_bytecode::effects::{Count, effects};
use lua_bytecode::instruction::{instructions, instructions_from, jump_target};
use lua_bytecode::proto::FunctionProto;
use lua_bytecode::{Instruction, Pc};

/// A loop of a function.
#[derive(Debug, Clone)]
pub(crate) struct Region {
    /// The first instruction, the target of the back-edges.
    pub(crate) header_pc: Pc,
    /// The word behind the last back-edge.
    pub(crate) end_pc: Pc,
    /// The instructions at which basic blocks start, in ascending order; the header is the first.
    pub(crate) leaders: BTreeSet<Pc>,
    /// The headers of this loop and of all loops in it.
    pub(crate) headers: BTreeSet<Pc>,
    /// The registers that the loop's instructions name.
    pub(crate) touched: BTreeSet<u32>,
    /// The last instruction that writes each register.
    last_writes: BTreeMap<u32, Pc>,
}

impl Region {
    /// The loop with this header; `None` if the function has none. Where loops share a header, the outer one.
    pub(crate) fn of(proto: &FunctionProto, header_pc: Pc) -> Option<Region> {
        let code = &proto.code;
        let back_edge_pc =
            proto.loops.iter().filter(|info| info.header_pc == header_pc).map(|info| info.back_edge_pc).max()?;
        let back_edge = Instruction(code[back_edge_pc as usize]);
        let end_pc = back_edge_pc + back_edge.opcode().words();
        let mut region = Region {
            header_pc,
            end_pc,
            leaders: BTreeSet::from([header_pc]),
            headers: BTreeSet::new(),
            touched: BTreeSet::new(),
            last_writes: BTreeMap::new(),
        };
        for (pc, instruction) in instructions_from(code, header_pc).take_while(|(pc, _)| *pc < end_pc) {
            region.add(code, pc, instruction);
        }
        region.leaders.retain(|pc| (header_pc..end_pc).contains(pc));
        Some(region)
    }

    /// Words from the header to the end.
    pub(crate) fn words(&self) -> u32 {
        self.end_pc - self.header_pc
    }

    fn add(&mut self, code: &[u32], pc: Pc, instruction: Instruction) {
        let opcode = instruction.opcode();
        if let Some(target) = jump_target(code, pc) {
            let target = target as Pc;
            self.leaders.insert(target);
            self.leaders.insert(pc + opcode.words());
            if opcode.is_back_edge() {
                self.headers.insert(target);
            }
        }
        let effects = effects(instruction);
        for span in effects.reads.into_iter().chain(effects.writes).flatten() {
            if let Count::Fixed(count) = span.count {
                self.touched.extend(span.first..span.first + count);
            }
        }
        for span in effects.writes.into_iter().flatten() {
            if let Count::Fixed(count) = span.count {
                self.last_writes.extend((span.first..span.first + count).map(|register| (register, pc)));
            }
        }
    }

    /// The last instruction that writes a register, in the order of the code.
    pub(crate) fn last_write(&self, register: u32) -> Option<Pc> {
        self.last_writes.get(&register).copied()
    }

    /// A whole function, for inlining.
    pub(crate) fn whole(proto: &FunctionProto) -> Region {
        let code = &proto.code;
        let mut region = Region {
            header_pc: 0,
            end_pc: code.len() as Pc,
            leaders: BTreeSet::from([0]),
            headers: BTreeSet::new(),
            touched: BTreeSet::new(),
            last_writes: BTreeMap::new(),
        };
        for (pc, instruction) in instructions(code) {
            region.add(code, pc, instruction);
        }
        region
    }
}
