//! What happens when a call ends: results are delivered and the caller goes on, as the header's continuation says.
//!
//! The dispatch loop returns from ordinary calls by itself; everything else comes here. Some continuations make
//! further calls ([`crate::operations::concat`], [`crate::calls::close`]).

use lua_bytecode::opcode::Operation;
use lua_runtime::value::Value;
use lua_runtime::{Signal, Vm};

use crate::calls::close::close_for_return;
use crate::calls::plain_call::{Registers, Resumption};
use crate::calls::results::{deliver, resume_caller};
use crate::calls::{coroutine, plain_call, protect};
use crate::debug::debug_hook;
use crate::frame::{Continuation, FrameHeader, HEADER_SLOTS, header_at, set_frame_base, set_slot};
use crate::state::walk::result_slot;
use crate::state::{Cursor, Outcome, Returned, Step, save, state};

/// Ends the operation whose callee was said to have returned ([`Step::Return`]).
pub(crate) fn end_returned(vm: &mut Vm) -> Outcome {
    let returned = state(vm).returned.get();
    end_operation(vm, returned)
}

/// Ends the operation of a caller at this base whose callee, of a frame with this header, has left one value in a slot; for an
/// engine that builds on the interpreter.
///
/// # Safety
/// It is so, and the callee's frame is counted no more.
pub unsafe fn end_with_value(vm: &mut Vm, header: FrameHeader, caller: u32, value: u32) -> Outcome {
    end_operation(vm, Returned { header, caller, first: value, count: 1 })
}

/// Ends the operation that made a call.
pub(crate) fn end_operation(vm: &mut Vm, returned: Returned) -> Outcome {
    let Returned { mut header, mut caller, mut first, mut count } = returned;
    loop {
        match header.continuation() {
            Continuation::Call => {
                deliver(vm, header.wanted(), first, count);
                return Ok(resume_caller(vm, header, caller));
            }
            Continuation::Entry => {
                set_frame_base(vm, caller);
                state(vm).exit_count.set(count);
                return Ok(Step::Exit);
            }
            Continuation::Store => {
                vm.metamethod_depth -= 1;
                let value = first_result(vm, first, count);
                let cursor = cursor_at_caller(vm, header, caller);
                cursor.set_result(value);
                return Ok(cursor.go_on(vm, 0));
            }
            Continuation::Discard => {
                vm.metamethod_depth -= 1;
                return Ok(cursor_at_caller(vm, header, caller).go_on(vm, 0));
            }
            Continuation::Branch => {
                vm.metamethod_depth -= 1;
                return Ok(end_branch(vm, header, caller, first, count));
            }
            Continuation::Concat => {
                vm.metamethod_depth -= 1;
                let value = first_result(vm, first, count);
                let cursor = cursor_at_caller(vm, header, caller);
                return crate::operations::concat::step_done(vm, cursor, value, header.wanted());
            }
            Continuation::Close => {
                vm.metamethod_depth -= 1;
                return Ok(end_close(vm, header, caller, first));
            }
            Continuation::Protected => {
                // The caller is the frame of `pcall`: it returns `true` and the results.
                let base = caller;
                debug_hook::role_returning(vm, base, first + count)?;
                header = protect::leave(vm, base);
                if vm.must_poll() {
                    // Protected calls that end in each other copy one more result each, which can take long.
                    set_frame_base(vm, base);
                    vm.poll(first + count)?;
                }
                caller = base - header.base_delta();
                set_slot(vm, base - HEADER_SLOTS, Value::TRUE);
                for i in 0..count {
                    let value = vm.slot(first + i);
                    set_slot(vm, base - HEADER_SLOTS + 1 + i, value);
                }
                first = base - HEADER_SLOTS;
                count += 1;
            }
            Continuation::LastCall => {
                let base = caller;
                debug_hook::role_returning(vm, base, first + count)?;
                let wanted = header.wanted();
                header = header_at(vm, base);
                caller = base - header.base_delta();
                for i in 0..count {
                    let value = vm.slot(first + i);
                    set_slot(vm, base - HEADER_SLOTS + i, value);
                }
                first = base - HEADER_SLOTS;
                if wanted != 0 {
                    deliver(vm, wanted, first, count);
                    count = u32::from(wanted) - 1;
                }
            }
            Continuation::TailCall => {
                set_frame_base(vm, caller);
                Returned { header, caller, first, count } = leave_function(vm, first, count)?;
            }
            Continuation::CloseOnError => {
                // The slot of the variable that was closed holds the error.
                let error = vm.slot(first - 1);
                return protect::fail(vm, caller, error);
            }
            Continuation::Coroutine => {
                Returned { header, caller, first, count } = coroutine::ended(vm, first, count)?;
            }
        }
    }
}

fn first_result(vm: &Vm, first: u32, count: u32) -> Value {
    if count == 0 { Value::NIL } else { vm.slot(first) }
}

/// The instruction that made the call, in its frame.
fn cursor_at_caller(vm: &Vm, header: FrameHeader, caller: u32) -> Cursor {
    // SAFETY: the continuations for which this is called come from instructions of a Lua function, whose frame
    // has this base; the header holds an index into its code.
    unsafe { Cursor::at(vm, header.instruction_pc(), caller) }
}

/// Lets the first result's truth decide the jump of a comparison.
fn end_branch(vm: &Vm, header: FrameHeader, caller: u32, first: u32, count: u32) -> Step {
    let truth = !first_result(vm, first, count).is_falsy();
    let cursor = cursor_at_caller(vm, header, caller);
    let Operation::Compare { jumps_if, .. } = cursor.instruction().opcode().operation() else {
        unreachable!("only comparisons wait for a truth");
    };
    let jumps = truth == jumps_if;
    cursor.go_on(vm, if jumps { cursor.extra() as i32 } else { 0 })
}

/// Runs the closing instruction again: it goes on with the next variable.
fn end_close(vm: &Vm, header: FrameHeader, caller: u32, first: u32) -> Step {
    let cursor = cursor_at_caller(vm, header, caller);
    let instruction = cursor.instruction();
    if instruction.opcode().operation() == Operation::CloseReturn && instruction.b() == 0 {
        // The metamethod's frame began at the top, which the calls since then have moved.
        state(vm).top.set(first);
    }
    cursor.stay(vm)
}

/// Returns `count` values from the address `from` on from the frame at `registers`.
///
/// # Safety
/// As for [`plain_call::return_values`].
#[inline(never)]
pub unsafe fn return_from(vm: &mut Vm, registers: Registers, from: *const Value, count: u32) -> Resumption {
    // SAFETY: as the caller says.
    unsafe {
        if let Some(caller) = plain_call::return_values(vm, registers.base, from, count) {
            return Resumption::at(caller);
        }
        if plain_call::leave_to_rust(vm, registers.base, from, count) {
            return Resumption::by_outcome(Ok(Step::Exit));
        }
        save(vm, Cursor::new(registers.pc, registers.base));
        let slot = from.offset_from(vm.stack()) as u32;
        Resumption::by_outcome(return_slots(vm, slot, count))
    }
}

/// `RETURN` and its kin in all cases that the dispatch loop leaves: results from register A on, `coded` as in the
/// instruction.
#[inline(never)]
pub fn return_values(vm: &mut Vm, cursor: Cursor, register: u8, coded: u8) -> Outcome {
    save(vm, cursor);
    let from = cursor.stack_slot(vm, register);
    let count = match coded {
        0 => state(vm).top.get() - from,
        coded => u32::from(coded) - 1,
    };
    return_slots(vm, from, count)
}

/// `CLOSERETURN`: closes the frame's variables one by one, then returns.
#[inline(never)]
pub fn close_return(vm: &mut Vm, cursor: Cursor) -> Outcome {
    match close_for_return(vm, cursor) {
        Some(outcome) => outcome,
        None => return_values(vm, cursor, cursor.instruction().a(), cursor.instruction().b()),
    }
}

/// Returns `count` values from slot `from` on from the innermost frame, one of a Lua function.
#[inline(always)]
pub(crate) fn return_slots(vm: &mut Vm, from: u32, count: u32) -> Outcome {
    let returned = leave_function(vm, from, count)?;
    end_operation(vm, returned)
}

/// Ends the innermost frame, one of a Lua function, with `count` values from slot `from` on.
#[inline(always)]
fn leave_function(vm: &mut Vm, from: u32, count: u32) -> Result<Returned, Signal> {
    let base = vm.frame_base();
    debug_hook::returning(vm, from, count)?;
    let header = header_at(vm, base);
    let first = result_slot(vm, base, header);
    for i in 0..count {
        let value = vm.slot(from + i);
        set_slot(vm, first + i, value);
    }
    state(vm).depth.set(state(vm).depth.get() - 1);
    Ok(Returned { header, caller: base - header.base_delta(), first, count })
}
