//! Errors: the way from the innermost frame to the protected call that catches, or out of the interpreter.

use lua_runtime::{Signal, Vm};

use crate::close::{close_on_error, forget};
use crate::finish::finish_failed;
use crate::frame::{Continuation, HEADER_SLOTS, header_at};
use crate::state::{Outcome, state};

/// Unwinds from the innermost frame. Goes on behind the `pcall` that catches the signal.
///
/// # Errors
/// The signal, if it leaves the interpreter: no protected call was found above the entry from Rust, or it must not be
/// caught.
#[cold]
#[inline(never)]
pub fn unwind(vm: &mut Vm, signal: Signal) -> Outcome {
    let mut signal = signal;
    loop {
        let base = vm.frame_base;
        let header = header_at(vm, base);
        let caller = base - header.base_delta;
        match header.continuation {
            Continuation::Entry => {
                state(vm).depth.set(header.depth_before());
                return Err(leave(vm, base, caller, signal));
            }
            Continuation::Protected => {
                vm.protected_depth -= 1;
                state(vm).depth.set(header.depth_before());
                vm.frame_base = caller;
                let Some(error) = vm.caught(signal) else { continue };
                match close_on_error(vm, base, error) {
                    Ok(error) => return finish_failed(vm, caller, error),
                    Err(replacement) => signal = replacement,
                }
            }
            Continuation::Call
            | Continuation::Store
            | Continuation::Discard
            | Continuation::Branch
            | Continuation::Concat
            | Continuation::Close => vm.frame_base = caller,
        }
    }
}

/// The signal with which the interpreter is left. The outermost call from the host closes what is still open, since
/// nobody above it would.
fn leave(vm: &mut Vm, base: u32, caller: u32, signal: Signal) -> Signal {
    vm.frame_base = caller;
    if caller >= HEADER_SLOTS {
        return signal;
    }
    match signal {
        Signal::Error => {
            let error = vm.error;
            match close_on_error(vm, base, error) {
                Ok(error) => {
                    vm.error = error;
                    Signal::Error
                }
                Err(replacement) => replacement,
            }
        }
        Signal::Memory | Signal::Yield | Signal::Fatal => {
            forget(vm, base);
            signal
        }
    }
}
