//! What is hot, what is compiled, what is entered, and what happens when compiled code is left.
//!
//! The VM comes here at every back-edge. A loop that has passed the threshold is compiled there and then, with the types
//! that its frame has at this moment, and entered. A unit whose guards keep failing is thrown away and made again from
//! the types of a later moment, three times at most. How code is made is in `compile`.

use std::cell::Cell;
use std::rc::Rc;

use bytecode_vm::frame::{Continuation, FrameHeader};
use bytecode_vm::state::{Cursor, Outcome, Step, resume_at, state};
use engine_api::event::{DeclineReason, ExitReason};
use engine_api::{Counter, Event, Interrupt};
use jit_support::{CodeCache, CodeMemory, CodeMemoryError, JitOptions, UnitId};
use lua_bytecode::Instruction;
use lua_runtime::Vm;

use crate::compile::{self, Compiler, UnitData};
use crate::exits::{ENTRY_MISMATCH, Exit};
use crate::loops::{Entrance, Loops, Stage};
use crate::lower::Stress;

/// Failed guards after which a unit is thrown away.
const TOLERATED_EXITS: u32 = 100;
/// Different sets of types at its entry for which a loop is compiled.
const TOLERATED_MISMATCHES: u32 = 16;

/// The compiler's part of a Lua state.
pub(crate) struct Jit {
    /// Back-edges after which a loop is compiled; `None` for never.
    threshold: Option<u64>,
    loops: Loops,
    /// The units.
    pub(crate) cache: CodeCache<UnitData>,
    pub(crate) compiler: Compiler,
    counters: Box<StressCounters>,
    force_exit_every: i64,
}

/// The counters of two knobs, which compiled code counts down by their addresses.
struct StressCounters {
    until_forced_exit: Cell<i64>,
    until_failed_guard: Cell<i64>,
}

/// How the VM goes on after a back-edge.
pub(crate) enum Onward {
    /// As after any operation.
    With(Outcome),
    /// It serves the requests that wait, then goes on at the cursor. Not done here, because finalisers may run, which
    /// come here again.
    PollAt(Cursor),
}

/// Goes on interpreting at the loop's header.
const INTERPRET: Onward = Onward::With(Ok(Step::Next));

impl Jit {
    /// A compiler with these options.
    ///
    /// # Errors
    /// [`CodeMemoryError`] if the process may not have the addresses.
    pub(crate) fn new(options: &JitOptions) -> Result<Jit, CodeMemoryError> {
        let memory = CodeMemory::reserve(options.code_cache_bytes, options.fail_code_request)?;
        let signed = |knob: Option<u64>| knob.map_or(0, |value| i64::try_from(value).unwrap_or(i64::MAX));
        let force_exit_every = signed(options.force_exit_every);
        let counters = Box::new(StressCounters {
            until_forced_exit: Cell::new(force_exit_every),
            until_failed_guard: Cell::new(signed(options.fail_guard)),
        });
        let stress = Stress {
            until_forced_exit: options.force_exit_every.map(|_| counters.until_forced_exit.as_ptr().addr()),
            until_failed_guard: options.fail_guard.map(|_| counters.until_failed_guard.as_ptr().addr()),
        };
        Ok(Jit {
            threshold: options.threshold(),
            loops: Loops::new(),
            cache: CodeCache::new(memory, options.code_cache_units),
            compiler: Compiler::new(stress, options.compile_limit_ms),
            counters,
            force_exit_every,
        })
    }

    /// What the VM does at a back-edge, with the cursor at the loop's header.
    #[inline]
    pub(crate) fn back_edge(&mut self, vm: &mut Vm, cursor: Cursor) -> Onward {
        let Some(threshold) = self.threshold else { return INTERPRET };
        let entry = self.loops.at(cursor.address());
        match &entry.stage {
            Stage::Declined => INTERPRET,
            Stage::Compiled(entrance) => {
                let entrance = Rc::clone(entrance);
                self.enter(vm, cursor, &entrance)
            }
            Stage::Counting => {
                entry.count += 1;
                if entry.count < entry.needed(threshold) { INTERPRET } else { self.hot(vm, cursor) }
            }
        }
    }

    /// Compiles a loop that has become hot, and enters it.
    #[cold]
    fn hot(&mut self, vm: &mut Vm, cursor: Cursor) -> Onward {
        let entry = self.loops.at(cursor.address());
        entry.proto = Some(Rc::clone(&cursor.prototype().proto));
        let iterations = entry.count;
        let unit = compile::label(cursor);
        compile::report(vm, || Event::LoopHot { unit: unit.clone(), iterations });
        let result = self.compiler.compile(vm, &mut self.cache, cursor, &unit);
        for evicted in std::mem::take(&mut self.compiler.evicted) {
            self.loops.give_up(evicted.id);
            compile::report(vm, || Event::Evicted { unit: evicted.label, code_bytes: evicted.code_bytes });
        }
        self.update_objects(vm);
        let entry = self.loops.at(cursor.address());
        match result {
            Ok(entrance) => {
                entry.reset();
                let entrance = Rc::new(entrance);
                entry.stage = Stage::Compiled(Rc::clone(&entrance));
                self.enter(vm, cursor, &entrance)
            }
            Err(reason) => {
                match reason {
                    // There may be room later.
                    DeclineReason::CodeMemory => entry.set_back(),
                    DeclineReason::Opcode(_)
                    | DeclineReason::TooLarge
                    | DeclineReason::TimeLimit
                    | DeclineReason::Blacklisted => entry.stage = Stage::Declined,
                }
                vm.counters[Counter::CompilationsDeclined] += 1;
                compile::report(vm, || Event::Declined { unit, reason });
                INTERPRET
            }
        }
    }

    /// Tells the collector which objects the code refers to.
    fn update_objects(&mut self, vm: &mut Vm) {
        self.cache.collect_dead();
        vm.code_objects.clear();
        for (_, unit) in self.cache.units() {
            vm.code_objects.extend(unit.compiled().into_iter().flat_map(|compiled| &compiled.data.objects));
        }
    }

    /// Runs a unit from the loop's header on, and goes on where it leaves.
    #[inline]
    fn enter(&mut self, vm: &mut Vm, cursor: Cursor, entrance: &Entrance) -> Onward {
        let base = cursor.base(vm);
        let has_room = base + entrance.frame_slots <= vm.stack_capacity()
            && state(vm).depth.get() + entrance.inlined_depth <= vm.limits.lua_depth;
        if !has_room || vm.interrupt.bits() & Interrupt::HOOK != 0 {
            return INTERPRET;
        }
        vm.counters[Counter::JitEntries] += 1;
        vm.counters[Counter::OsrEntries] += 1;
        self.report_first_entry(vm, cursor);
        let activation = entrance.control.activate();
        // SAFETY: the unit was made for this loop, whose header the cursor is at; the activation keeps its code, and the
        // frame has the slots that were just checked for. The code touches the state only through its helpers.
        let number = unsafe { (entrance.function)(vm, vm.stack().add(base as usize)) };
        drop(activation);
        let exit = &entrance.exits[number as usize];
        if number == ENTRY_MISMATCH {
            self.mismatch(vm, cursor);
            return INTERPRET;
        }
        self.leave(vm, cursor, base, entrance, exit)
    }

    /// Goes on at an exit.
    #[inline]
    fn leave(&mut self, vm: &mut Vm, cursor: Cursor, base: u32, entrance: &Entrance, exit: &Exit) -> Onward {
        let mut innermost = base;
        for frame in &exit.frames {
            innermost = base + frame.offset;
            let header = FrameHeader::new(frame.resume_pc, frame.base_delta, Continuation::Call, frame.wanted);
            bytecode_vm::frame::set_header_at(vm, innermost, header);
            state(vm).depth.set(state(vm).depth.get() + 1);
        }
        // SAFETY: the exit's frames are complete, and its instruction is one of the innermost frame's function.
        let resume = unsafe { Cursor::at(vm, exit.resume_pc, innermost) };
        match exit.reason {
            None => Onward::With(Ok(resume_at(vm, resume.address(), innermost))),
            Some(ExitReason::Interrupt) => {
                self.side_exit(vm, cursor, exit, ExitReason::Interrupt);
                self.cache.collect_dead();
                Onward::PollAt(resume)
            }
            Some(reason) => {
                self.side_exit(vm, cursor, exit, reason);
                self.guard_failed(vm, cursor, entrance.unit, resume.instruction(), reason);
                Onward::With(Ok(resume_at(vm, resume.address(), innermost)))
            }
        }
    }

    #[cold]
    fn side_exit(&self, vm: &mut Vm, cursor: Cursor, exit: &Exit, reason: ExitReason) {
        vm.counters[Counter::SideExits] += 1;
        let resume_pc = exit.resume_pc;
        compile::report(vm, || Event::SideExit { unit: compile::label(cursor), resume_pc, reason });
    }

    /// Counts an exit, and throws the unit away if there are too many.
    #[cold]
    fn guard_failed(&mut self, vm: &mut Vm, cursor: Cursor, unit: UnitId, at: Instruction, reason: ExitReason) {
        if reason == ExitReason::Forced {
            self.counters.until_forced_exit.set(self.force_exit_every);
            return;
        }
        let entry = self.loops.at(cursor.address());
        entry.failures += 1;
        if entry.failures <= TOLERATED_EXITS {
            return;
        }
        self.loops.give_up(unit);
        let invalidated = self.cache.invalidate(unit);
        self.update_objects(vm);
        let label = compile::label(cursor);
        compile::report(vm, || Event::Deoptimised { unit: label.clone(), reason });
        let is_blacklisted = invalidated.is_some_and(|invalidated| invalidated.blacklisted);
        if is_blacklisted {
            compile::report(vm, || Event::Blacklisted { unit: label.clone() });
        }
        if reason == ExitReason::NotCompiled {
            // Compiling it again would come to the same instruction.
            let reason = DeclineReason::Opcode(at.opcode().name());
            vm.counters[Counter::CompilationsDeclined] += 1;
            compile::report(vm, || Event::Declined { unit: label, reason });
        }
        if is_blacklisted || reason == ExitReason::NotCompiled {
            self.loops.at(cursor.address()).stage = Stage::Declined;
        }
    }

    /// The types at the entry were others than the unit was made for: one for these types is found or made.
    #[cold]
    fn mismatch(&mut self, vm: &mut Vm, cursor: Cursor) {
        vm.counters[Counter::SideExits] += 1;
        compile::report(vm, || Event::SideExit {
            unit: compile::label(cursor),
            resume_pc: cursor.pc(),
            reason: ExitReason::Type,
        });
        let entry = self.loops.at(cursor.address());
        entry.mismatches += 1;
        if entry.mismatches > TOLERATED_MISMATCHES {
            entry.stage = Stage::Declined;
            vm.counters[Counter::CompilationsDeclined] += 1;
            let unit = compile::label(cursor);
            compile::report(vm, || Event::Declined { unit, reason: DeclineReason::Blacklisted });
            return;
        }
        entry.reset();
    }

    /// Reports the first entry into a unit; the others are counted only, since a loop can be entered a million times.
    #[inline]
    fn report_first_entry(&mut self, vm: &mut Vm, cursor: Cursor) {
        if vm.sink.is_none() {
            return;
        }
        let entry = self.loops.at(cursor.address());
        if !entry.is_reported {
            entry.is_reported = true;
            compile::report(vm, || Event::OsrEntry { unit: compile::label(cursor) });
        }
    }
}
