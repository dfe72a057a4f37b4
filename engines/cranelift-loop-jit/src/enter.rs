//! Running a unit: from the VM into compiled code, and back where it leaves.
//!
//! Nothing of the compiler is borrowed while compiled code runs, because what it calls can come here again.

use std::rc::Rc;

use bytecode_vm::call::poll;
use bytecode_vm::state::{Cursor, Outcome, Step, state};
use bytecode_vm::tier::{self, ExitPoint};
use engine_api::event::ExitReason;
use engine_api::{Counter, Event, Interrupt, VmState};
use lua_runtime::Vm;

use crate::exits::{ENTRY_MISMATCH, Exit, LEFT_AT_VM_CALL, write_frames};
use crate::loops::UnitEntry;
use crate::policy::jit_of;
use crate::trial::Verdict;
use crate::{compile, exits};

/// What is done at a back-edge, with the cursor at the loop's header, as a hook of the VM.
#[inline]
pub fn back_edge(vm: &mut Vm, cursor: Cursor) -> Outcome {
    match jit_of(vm).back_edges(vm, cursor, 1) {
        Some((unit_entry, number)) => enter(vm, cursor, &unit_entry, number),
        None => Ok(Step::Next),
    }
}

/// As [`back_edge`], where other compiled code has counted a loop's countdown down. Sets it anew.
pub fn counted_down(vm: &mut Vm, cursor: Cursor) -> Outcome {
    match jit_of(vm).counted_down(vm, cursor) {
        Some((unit_entry, number)) => enter(vm, cursor, &unit_entry, number),
        None => Ok(Step::Next),
    }
}

/// Whether the loop at the cursor, which is at its header, is on its way to a compilation.
#[inline]
pub fn is_counting(vm: &mut Vm, cursor: Cursor) -> bool {
    jit_of(vm).is_counting(cursor)
}

/// Makes the next back-edge of that loop lead to its compilation.
pub fn make_due(vm: &mut Vm, cursor: Cursor) {
    jit_of(vm).make_due(cursor);
}

/// What is done where the VM comes back to a frame, as a hook of the VM.
#[inline]
pub fn resumed(vm: &mut Vm, cursor: Cursor) -> Outcome {
    if !cursor.prototype().has_loop_units() {
        return Ok(Step::Next);
    }
    match jit_of(vm).resumed(cursor) {
        Some((unit_entry, number)) => enter(vm, cursor, &unit_entry, number),
        None => Ok(Step::Next),
    }
}

/// Runs a unit from one of its entry points on, and goes on where it leaves. The cursor is at the entry point's
/// instruction.
pub(crate) fn enter(vm: &mut Vm, cursor: Cursor, unit_entry: &Rc<UnitEntry>, number: u32) -> Outcome {
    let base = cursor.base(vm);
    let has_room = base + unit_entry.frame_slots <= vm.stack_capacity()
        && state(vm).depth() + unit_entry.inlined_depth <= vm.limits.lua_depth;
    if !has_room || vm.interrupt.bits() & Interrupt::HOOK != 0 {
        return Ok(Step::Next);
    }
    vm.counters[Counter::JitEntries] += 1;
    if number == 0 {
        vm.counters[Counter::OsrEntries] += 1;
        report_first_entry(vm, cursor);
    }
    let activation = unit_entry.control.activate();
    let outer_vm_calls = jit_of(vm).vm_calls.replace(0);
    let before = jit_of(vm).policy.tracks_states.then(|| vm.interrupt.set_state(VmState::Compiled));
    // SAFETY: the unit was made for this loop, one of whose entry points the cursor is at; the activation keeps its
    // code, and the frame has the slots that were just checked for. The code touches the state only through its helpers.
    let end = unsafe { (unit_entry.function)(vm, vm.stack().add(base as usize), number) };
    if let Some(before) = before {
        vm.interrupt.set_state(before);
    }
    drop(activation);
    let (exit, back_edges) = (end as u32, (end >> 32) as u32);
    let vm_calls = jit_of(vm).vm_calls.replace(outer_vm_calls);
    let is_worthless = unit_entry.worth.entry_ended(back_edges, vm_calls);
    if jit_of(vm).policy.tries {
        let current = Rc::clone(&jit_of(vm).current_trial);
        let back_edges = u64::from(back_edges) + u64::from(number == 0);
        match unit_entry.trial.entry_ended(vm, &current, back_edges) {
            Verdict::Open => {}
            Verdict::Won => jit_of(vm).trial_won(unit_entry),
            Verdict::Lost(wait) => jit_of(vm).trial_lost(vm, unit_entry, wait),
        }
    } else if is_worthless {
        jit_of(vm).give_back(vm, unit_entry);
    }
    if exit == LEFT_AT_VM_CALL {
        return jit_of(vm).vm_call_outcome();
    }
    let meaning = &unit_entry.exits[exit as usize];
    if meaning.is_at_entry {
        mismatch(vm, cursor, unit_entry, exit == ENTRY_MISMATCH);
        return Ok(Step::Next);
    }
    let innermost = write_frames(vm, base, &meaning.frames);
    // SAFETY: the exit's frames are complete, and its instruction is one of the innermost frame's function.
    let resume = unsafe { Cursor::at(vm, meaning.resume_pc, innermost) };
    match meaning.reason {
        None => {
            // Behind a call there may be a resume point at the very instruction that ends the loop.
            jit_of(vm).suppress_reentry(resume.address());
            // SAFETY: compiled code has left at this instruction of the innermost frame.
            Ok(unsafe { bytecode_vm::state::resume(vm, resume.address(), innermost) })
        }
        Some(ExitReason::Interrupt) => {
            side_exit(vm, unit_entry, meaning, resume, base, ExitReason::Interrupt);
            jit_of(vm).cache.borrow_mut().collect_dead();
            // Not before nothing is borrowed: finalisers may run, which come here again.
            poll(vm, resume)
        }
        Some(reason) => {
            side_exit(vm, unit_entry, meaning, resume, base, reason);
            jit_of(vm).guard_failed(vm, unit_entry, exit, reason);
            // Or else the same guard would fail again before the interpreter has done anything.
            jit_of(vm).suppress_reentry(resume.address());
            // SAFETY: compiled code has left at this instruction of the innermost frame.
            Ok(unsafe { bytecode_vm::state::resume(vm, resume.address(), innermost) })
        }
    }
}

/// The unit was left at the cursor's instruction. The base of its own frame is in a slot.
#[cold]
fn side_exit(vm: &mut Vm, unit_entry: &UnitEntry, exit: &Exit, at: Cursor, base: u32, reason: ExitReason) {
    tier::side_exit(vm, reason, |vm| {
        let (detail, _) = exits::mismatch(vm, base, exit.expected.iter().copied());
        (unit_entry.label.clone(), ExitPoint { proto: at.prototype().proto(), pc: exit.resume_pc, detail, entry: None })
    });
}

/// The types at an entry point were others than the unit was made for.
#[cold]
fn mismatch(vm: &mut Vm, cursor: Cursor, unit_entry: &UnitEntry, is_header: bool) {
    tier::side_exit(vm, ExitReason::Type, |vm| {
        // Only the types at the header are kept.
        let expected = unit_entry.entry_types.iter().filter(|_| is_header);
        let (detail, slot) =
            exits::mismatch(vm, cursor.base(vm), expected.map(|(register, tag)| (u32::from(*register), *tag)));
        (
            unit_entry.label.clone(),
            ExitPoint {
                proto: cursor.prototype().proto(),
                pc: cursor.pc(),
                detail,
                entry: Some(slot.map(|slot| slot as u8)),
            },
        )
    });
    if is_header {
        jit_of(vm).mismatch(cursor, unit_entry);
    }
}

/// Reports the first entry into a unit; the others are counted only, since a loop can be entered a million times.
#[inline]
fn report_first_entry(vm: &mut Vm, cursor: Cursor) {
    if vm.sink.is_some() && jit_of(vm).is_first_entry(cursor) {
        tier::report(vm, || Event::OsrEntry { unit: compile::label(cursor) });
    }
}
