//! Errors: the way from the innermost frame to the protected call that catches, or out of the interpreter.

use lua_runtime::value::Value;
use lua_runtime::{Signal, Vm};

use crate::calls::close::close_all;
use crate::calls::{coroutine, protect};
use crate::frame::{Continuation, HEADER_SLOTS, header_at};
use crate::state::{Outcome, state};

/// Unwinds from the innermost frame. Goes on behind the `pcall` or `coroutine.resume` that catches the signal.
///
/// # Errors
/// The signal, if it leaves the interpreter: nothing above the entry from Rust catches it.
#[cold]
#[inline(never)]
pub(crate) fn unwind(vm: &mut Vm, signal: Signal) -> Outcome {
    let mut signal = signal;
    let mut raised_at = vm.frame_base;
    loop {
        let base = vm.frame_base;
        let header = header_at(vm, base);
        let caller = base - header.base_delta;
        match header.continuation {
            Continuation::Entry => return Err(leave(vm, caller, signal)),
            Continuation::Protected | Continuation::CloseOnError => {
                state(vm).depth.set(header.depth_before());
                vm.frame_base = caller;
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
                raised_at = vm.frame_base;
            }
            Continuation::Store
            | Continuation::Discard
            | Continuation::Branch
            | Continuation::Concat
            | Continuation::Close => {
                vm.metamethod_depth -= 1;
                vm.frame_base = caller;
            }
            Continuation::Call | Continuation::LastCall | Continuation::TailCall => vm.frame_base = caller,
        }
    }
}

/// The signal with which the interpreter is left. The outermost call from the host closes what is still open, since
/// nobody above it would.
fn leave(vm: &mut Vm, caller: u32, signal: Signal) -> Signal {
    vm.frame_base = caller;
    if caller >= HEADER_SLOTS {
        return signal;
    }
    let error = match signal {
        Signal::Error => Some(std::mem::replace(&mut vm.error, Value::NIL)),
        Signal::Memory => None,
        Signal::Fatal | Signal::Call => {
            state(vm).closing.borrow_mut().clear();
            return signal;
        }
    };
    match close_all(vm, error) {
        Ok(Some(error)) => {
            vm.error = error;
            Signal::Error
        }
        Ok(None) => signal,
        Err(replacement) => replacement,
    }
}
