//! Errors: the way from the innermost frame to the protected call that catches, or out of the interpreter.

use lua_runtime::{Signal, Vm};

use crate::calls::close::pop;
use crate::calls::{coroutine, protect};
use crate::frame::{Continuation, HEADER_SLOTS, header_at, set_frame_base};
use crate::state::{Outcome, state};

/// Unwinds from the innermost frame. Goes on behind the `pcall` or `coroutine.resume` that catches the signal.
///
/// # Errors
/// The signal, if it leaves the interpreter: nothing above the entry from Rust catches it.
#[cold]
#[inline(never)]
pub(crate) fn unwind(vm: &mut Vm, signal: Signal) -> Outcome {
    let mut signal = signal;
    let mut raised_at = vm.frame_base();
    loop {
        let base = vm.frame_base();
        let header = header_at(vm, base);
        let caller = base - header.base_delta();
        match header.continuation() {
            Continuation::Entry => return Err(leave(vm, caller, signal)),
            Continuation::Protected | Continuation::CloseOnError => {
                state(vm).depth.set(header.depth_before());
                set_frame_base(vm, caller);
                match vm.caught(signal) {
                    Some(error) => match protect::fail(vm, caller, error) {
                        Ok(step) => return Ok(step),
                        Err(replacement) => signal = replacement,
                    },
                    None => {
                        protect::leave(vm, caller);
                    }
                }
            }
            Continuation::Coroutine => {
                match coroutine::failed(vm, signal, raised_at) {
                    Ok(step) => return Ok(step),
                    Err(passed_on) => signal = passed_on,
                }
                raised_at = vm.frame_base();
            }
            Continuation::Store
            | Continuation::Discard
            | Continuation::Branch
            | Continuation::Concat
            | Continuation::Close => {
                vm.metamethod_depth -= 1;
                set_frame_base(vm, caller);
            }
            Continuation::Call | Continuation::LastCall | Continuation::TailCall => set_frame_base(vm, caller),
        }
    }
}

/// The signal with which the interpreter is left.
fn leave(vm: &mut Vm, caller: u32, signal: Signal) -> Signal {
    set_frame_base(vm, caller);
    if caller >= HEADER_SLOTS { signal } else { vm.leave_to_host(|vm| pop(vm, 0), signal) }
}
