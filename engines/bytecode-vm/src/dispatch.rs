//! The way into the interpreter, and who carries out the steps that operations name: begins calls, ends them, unwinds.
//!
//! Only this room knows all others. The loop over instructions is in [`interpreter`].

mod interpreter;

use engine_api::VmState;
use lua_runtime::{Signal, Vm};

use crate::calls::{call, continuation, unwind};
use crate::debug::debug_hook;
use crate::dispatch::interpreter::interpret;
use crate::frame::{Continuation, FrameHeader, HEADER_SLOTS, set_header_at};
use crate::operations::enter::enter;
use crate::state::walk::{innermost_pc, prototype_in};
use crate::state::{Cursor, Outcome, Step, prototype_of, state};
use crate::tier::TierHooks;

/// How a call from Rust enters the interpreter: the callee's frame is made above the innermost frame.
pub(crate) fn call_from_rust<H: TierHooks>(vm: &mut Vm, callee: u32, count: u32) -> Result<u32, Signal> {
    let (outer, depth, pc) = (vm.frame_base(), state(vm).depth.get(), state(vm).pc.get());
    let caller_pc = if outer < HEADER_SLOTS { None } else { prototype_in(vm, outer) };
    let resume_pc = caller_pc.map_or(0, |prototype| innermost_pc(vm, prototype)) + 2;
    let header = FrameHeader::new(resume_pc, callee + HEADER_SLOTS - outer, Continuation::Entry, 0);
    // If the call fails before its frame is made, unwinding must still find where it came from.
    set_header_at(vm, callee + HEADER_SLOTS, header);
    let mut outcome = Ok(enter(vm, callee, count, header));
    if H::ACTIVE && outcome == Ok(Step::Reload) {
        // SAFETY: `enter` has made the frame of a Lua function, at whose first instruction the interpreter would go on.
        let cursor = unsafe {
            let base = vm.stack().add((callee + HEADER_SLOTS) as usize);
            Cursor::new(prototype_of(base).code, base)
        };
        match H::entered_from_rust(vm, cursor) {
            Ok(Step::Next) => {}
            other => outcome = other,
        }
    }
    let result = match state(vm).tracks_states {
        false => run::<H>(vm, outcome),
        true => {
            let before = vm.interrupt.set_state(VmState::Interpreting);
            let result = run::<H>(vm, outcome);
            vm.interrupt.set_state(before);
            result
        }
    };
    state(vm).depth.set(depth);
    state(vm).pc.set(pc);
    result
}

/// The hooks of the loop that calls the program's debug hook.
struct Tracing;

// SAFETY: it has no hooks.
unsafe impl TierHooks for Tracing {
    const ACTIVE: bool = false;
    const TRACES: bool = true;
}

/// Runs from an outcome on until the frame that was entered from Rust returns or fails. Gives the number of its
/// results.
///
/// # Errors
/// The signal that no protected call above that frame has caught.
fn run<H: TierHooks>(vm: &mut Vm, first: Outcome) -> Result<u32, Signal> {
    let mut outcome = first;
    loop {
        match outcome {
            Ok(Step::Exit) => {
                if H::PROFILES {
                    H::left_to_rust(vm);
                }
                return Ok(state(vm).exit_count.get());
            }
            Ok(step) if debug_hook::is_wanted(vm) => outcome = interpret::<Tracing>(vm, step),
            Ok(step) => outcome = interpret::<H>(vm, step),
            Err(Signal::Call) => outcome = call::last_call(vm),
            Err(signal) => outcome = Ok(unwind::unwind(vm, signal)?),
        }
    }
}

/// Begins and ends calls as steps say, until one is left that goes on somewhere: gives `Reload`, `Exit`, or `Next`, if
/// that was given.
///
/// # Errors
/// Those of the calls.
///
/// # Safety
/// An operation has just answered with that step.
#[inline]
pub unsafe fn carry_out(vm: &mut Vm, step: Step) -> Outcome {
    match step {
        Step::Call | Step::Return => carry_out_calls(vm, step),
        Step::Next | Step::Reload | Step::Exit => Ok(step),
    }
}

fn carry_out_calls(vm: &mut Vm, step: Step) -> Outcome {
    let mut step = step;
    loop {
        step = match step {
            Step::Call => call::begin(vm)?,
            Step::Return => continuation::end_returned(vm)?,
            Step::Next | Step::Reload | Step::Exit => return Ok(step),
        }
    }
}
