//! The loops that have been seen, by the address of their header: how hot each is, and what became of it. And the
//! places behind calls at which compiled loops can be entered again.
//!
//! The VM asks at every back-edge, so finding a loop is one hash and usually one compare. An address names a loop only
//! while its function's bytecode lives: an entry that has got beyond counting keeps the bytecode alive, and one that has
//! not may be taken over by another loop, which then starts with a count that is not quite its own.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;

use bytecode_vm::tier::Heat;
use engine_api::event::{Unit, UnitStage};
use jit_support::{UnitControl, UnitId};
use lua_bytecode::FunctionProto;
use lua_runtime::value::Tag;

use crate::exits::{Exit, InstructionPath};
use crate::trial::Trial;
use crate::vm_call::Site;

/// A compiled loop as the VM enters it: from state, base and number of the entry point to the number of an exit, in the lower
/// half, and the number of back-edges that were taken, in the upper one.
pub(crate) type UnitFunction = unsafe extern "C" fn(*mut lua_runtime::Vm, *mut lua_runtime::Value, u32) -> u64;

/// What is needed to enter a unit.
pub(crate) struct UnitEntry {
    /// The code.
    pub(crate) function: UnitFunction,
    /// Its number in the cache.
    pub(crate) unit: UnitId,
    /// Its activations.
    pub(crate) control: Rc<UnitControl>,
    /// The loop, as events name it.
    pub(crate) label: Unit,
    /// The loop's header.
    pub(crate) header: *const u32,
    /// What its exits mean.
    pub(crate) exits: Rc<[Exit]>,
    /// How often each exit was taken because a guard failed.
    pub(crate) failures: Box<[Cell<u32>]>,
    /// What its entries were worth.
    pub(crate) worth: UnitWorth,
    /// Time that its compilation has taken, in ns, as long as nobody knows whether that was worth it.
    pub(crate) owed_ns: Cell<u64>,
    /// Whether it is faster than what runs the loop otherwise, if that is tried.
    pub(crate) trial: Trial,
    /// The registers that the header wants with one type.
    pub(crate) entry_types: Rc<[(u8, Tag)]>,
    /// The instructions that the VM does; the code has their addresses.
    pub(crate) _sites: Rc<[Rc<Site>]>,
    /// Slots that must exist from the base on, for the frames of inlined calls.
    pub(crate) frame_slots: u32,
    /// Inlined calls that can be active at once.
    pub(crate) inlined_depth: u32,
}

/// Whether a unit is worth having: what it has done since the last look, and what that has cost.
///
/// The gain is counted in words of bytecode that compiled code has done, the costs in as many words as gain them back.
#[derive(Debug)]
pub(crate) struct UnitWorth {
    words_per_loop: u64,
    costs: Costs,
    entries: Cell<u32>,
    back_edges: Cell<u64>,
    vm_calls: Cell<u32>,
    /// Back-edges before the last look.
    looked_at: Cell<u64>,
}

/// What an entry and a VM call cost, in words of bytecode that compiled code must do to gain it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// An entry with its exit.
    pub words_per_entry: u64,
    /// A VM call.
    pub words_per_vm_call: u64,
}

impl Costs {
    /// Those against the VM, which gains half a nanosecond a word: an entry costs about a hundred times as much, and a VM call
    /// more than the VM's own way by a sixth of that.
    pub const AGAINST_VM: Costs = Costs { words_per_entry: 100, words_per_vm_call: 16 };
}

/// Back-edges that make up for a compilation: a word of bytecode takes some 20 us to compile, and its code gains half a nanosecond
/// each time.
const EARNING_BACK_EDGES: u64 = 50_000;
/// Entries after which it is time to look.
const ENTRIES_PER_LOOK: u32 = 256;
/// VM calls after which it is time to look.
const VM_CALLS_PER_LOOK: u32 = 4096;
/// VM calls after which a unit that has not been left is left, so that somebody looks.
pub(crate) const VM_CALLS_PER_ENTRY: u32 = 4096;

impl UnitWorth {
    pub(crate) fn new(words_per_loop: u32, costs: Costs) -> UnitWorth {
        UnitWorth {
            words_per_loop: words_per_loop.into(),
            costs,
            entries: Cell::new(0),
            back_edges: Cell::new(0),
            vm_calls: Cell::new(0),
            looked_at: Cell::new(0),
        }
    }

    /// Whether it has done so much that compiling it was worth it, even if it is thrown away now.
    pub(crate) fn has_earned_compilation(&self) -> bool {
        self.looked_at.get() + self.back_edges.get() >= EARNING_BACK_EDGES
    }

    /// Counts an entry that has ended. Says whether the latest ones were not worth it.
    #[inline]
    pub(crate) fn entry_ended(&self, back_edges: u32, vm_calls: u32) -> bool {
        self.entries.set(self.entries.get() + 1);
        self.back_edges.set(self.back_edges.get() + u64::from(back_edges));
        self.vm_calls.set(self.vm_calls.get().saturating_add(vm_calls));
        (self.entries.get() >= ENTRIES_PER_LOOK || self.vm_calls.get() >= VM_CALLS_PER_LOOK) && self.look()
    }

    #[cold]
    fn look(&self) -> bool {
        let (entries, vm_calls) = (u64::from(self.entries.replace(0)), u64::from(self.vm_calls.replace(0)));
        let back_edges = self.back_edges.replace(0);
        self.looked_at.set(self.looked_at.get() + back_edges);
        let gain = back_edges * self.words_per_loop;
        gain < entries * self.costs.words_per_entry + vm_calls * self.costs.words_per_vm_call
    }
}

/// What became of a loop.
pub(crate) enum Stage {
    /// Its back-edges are counted.
    Counting,
    /// It is compiled.
    Compiled(Rc<UnitEntry>),
    /// It is not compiled, for good.
    Declined,
    /// It is no loop: the place is a resume point of a unit, with this number.
    ResumePoint(Rc<UnitEntry>, u32),
}

/// A loop.
pub(crate) struct Loop {
    /// The address of its first instruction; 0 in an entry that is free.
    header: usize,
    /// Back-edges since the start, or since its unit was given up.
    pub(crate) heat: Heat,
    /// Back-edges that other compiled code was told to count before it asks.
    pub(crate) given: u64,
    /// What became of it.
    pub(crate) stage: Stage,
    /// Guards that have failed since it was compiled.
    pub(crate) failures: u32,
    /// Times that the types at the entry were not those of the unit.
    pub(crate) mismatches: u32,
    /// Instructions whose guards have failed too often.
    pub(crate) failing_guards: BTreeSet<InstructionPath>,
    /// Registers that had values of several types when it was entered.
    pub(crate) unstable_registers: BTreeSet<u32>,
    /// Whether an entry was reported.
    pub(crate) is_reported: bool,
    /// Keeps the bytecode at its address, once there is more than a count.
    pub(crate) proto: Option<Rc<FunctionProto>>,
}

/// All loops, with open addressing.
pub(crate) struct Loops {
    /// A power of two, at most three quarters of it in use.
    entries: Vec<Loop>,
    used: usize,
    /// That of a loop that has not run.
    cold: Heat,
    /// Factor by which each setback raises what is needed.
    back_off: u64,
}

const FIRST_ENTRIES: usize = 64;
/// Added to the address of an instruction behind a call, so that it is not taken for a loop's header. Instructions are
/// at multiples of four.
const BEHIND: usize = 1;

impl Loops {
    /// No loops. `cold` says how many back-edges lead to a compilation, `back_off` how many times as many after each setback.
    pub(crate) fn new(cold: Heat, back_off: u64) -> Loops {
        Loops { entries: free_entries(FIRST_ENTRIES, cold), used: 0, cold, back_off }
    }

    /// How hot a loop is that has not run.
    pub(crate) fn cold(&self) -> Heat {
        self.cold
    }

    /// The loop with this header; a new one if it was not seen before.
    #[inline]
    pub(crate) fn at(&mut self, header: *const u32) -> &mut Loop {
        self.at_address(header.addr())
    }

    #[inline]
    fn at_address(&mut self, address: usize) -> &mut Loop {
        let mut index = self.find(address);
        if self.entries[index].header == 0 {
            if (self.used + 1) * 4 > self.entries.len() * 3 {
                self.grow();
                index = self.find(address);
            }
            self.used += 1;
            self.entries[index].header = address;
        }
        &mut self.entries[index]
    }

    /// What there is at a place behind a call: a resume point, if any.
    #[inline]
    pub(crate) fn behind(&self, instruction: *const u32) -> &Stage {
        &self.entries[self.find(instruction.addr() + BEHIND)].stage
    }

    /// Makes a place behind a call a resume point of a unit, whatever was there before.
    pub(crate) fn set_resume_point(
        &mut self,
        instruction: *const u32,
        proto: &Rc<FunctionProto>,
        unit_entry: &Rc<UnitEntry>,
        number: u32,
    ) {
        let entry = self.at_address(instruction.addr() + BEHIND);
        entry.stage = Stage::ResumePoint(Rc::clone(unit_entry), number);
        entry.proto = Some(Rc::clone(proto));
    }

    /// What has become of the loop with this header, and its count.
    pub(crate) fn progress(&self, header: *const u32) -> (UnitStage, Heat) {
        let entry = &self.entries[self.find(header.addr())];
        match &entry.stage {
            Stage::Compiled(_) => (UnitStage::Compiled, entry.heat),
            Stage::Declined => (UnitStage::GivenUp, entry.heat),
            Stage::Counting | Stage::ResumePoint(..) => (UnitStage::Counting, entry.heat),
        }
    }

    #[inline]
    fn find(&self, header: usize) -> usize {
        let mask = self.entries.len() - 1;
        let mut index = (header >> 2) & mask;
        while self.entries[index].header != header && self.entries[index].header != 0 {
            index = (index + 1) & mask;
        }
        index
    }

    /// Makes room: loops whose functions are gone are forgotten.
    #[cold]
    fn grow(&mut self) {
        let larger = free_entries(self.entries.len() * 2, self.cold);
        let entries = std::mem::replace(&mut self.entries, larger);
        self.used = 0;
        for entry in entries.into_iter().filter(|entry| entry.header != 0 && !entry.is_forgotten()) {
            let index = self.find(entry.header);
            self.entries[index] = entry;
            self.used += 1;
        }
    }

    /// Makes every loop count again whose unit is out of service.
    pub(crate) fn give_up(&mut self, unit: UnitId) {
        for entry in &mut self.entries {
            match &entry.stage {
                Stage::Compiled(unit_entry) if unit_entry.unit == unit => entry.set_back(self.back_off),
                Stage::ResumePoint(unit_entry, _) if unit_entry.unit == unit => entry.stage = Stage::Counting,
                Stage::Compiled(_) | Stage::ResumePoint(..) | Stage::Counting | Stage::Declined => {}
            }
        }
    }
}

impl Loop {
    fn free(cold: Heat) -> Loop {
        Loop {
            header: 0,
            heat: cold,
            given: 0,
            stage: Stage::Counting,
            failures: 0,
            mismatches: 0,
            failing_guards: BTreeSet::new(),
            unstable_registers: BTreeSet::new(),
            is_reported: false,
            proto: None,
        }
    }

    /// Whether nobody but this entry has the bytecode any more.
    fn is_forgotten(&self) -> bool {
        self.proto.as_ref().is_some_and(|proto| Rc::strong_count(proto) == 1)
    }

    /// Counts from the start, and for so many back-edges at least.
    pub(crate) fn wait(&mut self, back_edges: u64) {
        self.reset();
        self.heat.need(back_edges);
    }

    /// Counts from the start, and longer.
    pub(crate) fn set_back(&mut self, back_off: u64) {
        self.reset();
        self.heat.set_back_by(back_off);
    }

    /// Counts from the start.
    pub(crate) fn reset(&mut self) {
        self.stage = Stage::Counting;
        self.heat.reset();
        self.failures = 0;
        self.is_reported = false;
    }
}

fn free_entries(count: usize, cold: Heat) -> Vec<Loop> {
    std::iter::repeat_with(|| Loop::free(cold)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_found_again_after_growing() {
        let code = vec![0_u32; 4 * FIRST_ENTRIES];
        let mut loops = Loops::new(Heat::new(u64::MAX), 2);
        for (i, word) in code.iter().enumerate() {
            loops.at(word).mismatches = i as u32;
        }
        for (i, word) in code.iter().enumerate() {
            assert_eq!(loops.at(word).mismatches, i as u32);
        }
        assert_eq!(loops.used, code.len());
    }
}
