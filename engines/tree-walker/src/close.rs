//! To-be-closed variables: the list of those that are active, and closing when an error or the end of a coroutine has
//! ended their scopes.
//!
//! A scope that ends by itself closes its variable in `nodes::closing`. An error passes by; what it leaves open is
//! closed where it is caught, when the frames above are gone: in `protect`, or here for a coroutine and for the host.

use lua_runtime::meta::MetaEvent;
use lua_runtime::{NATIVE_FREE_SLOTS, Signal, Value, Vm};

use crate::call::call_at;
use crate::frame::{HEADER_SLOTS, NO_SITE};
use crate::state::state;

/// Takes the last variable to be closed off the list, if it is in stack slot `level` or above.
pub(crate) fn pop(vm: &Vm, level: u32) -> Option<u32> {
    state(vm).closing.borrow_mut().pop_if(|slot| *slot >= level)
}

/// Calls the `__close` metamethod of the variable in a stack slot above the innermost frame, whose own frame is gone,
/// with the error that has ended it.
///
/// # Errors
/// Those of the metamethod.
pub(crate) fn close_after_error(vm: &mut Vm, slot: u32, error: Value) -> Result<(), Signal> {
    let value = vm.slot(slot);
    // The variable's own slot keeps the error alive while the metamethod runs.
    vm.set_slot(slot, error);
    let callee = slot + 1;
    let first = callee + HEADER_SLOTS;
    vm.ensure_stack(first + 2 + NATIVE_FREE_SLOTS)?;
    let handler = vm.metamethod(value, MetaEvent::Close);
    vm.set_slot(callee, handler);
    vm.set_slot(first, value);
    vm.set_slot(first + 1, error);
    call_at(vm, callee, 2).map(|_| ())
}

/// Closes all variables of the running coroutine, whose frames are gone, because of an error or without one. Returns the
/// error that is left. The metamethods cannot yield.
///
/// # Errors
/// What cannot be caught.
pub(crate) fn close_all(vm: &mut Vm, error: Option<Value>) -> Result<Option<Value>, Signal> {
    let mut error = error;
    while let Some(slot) = pop(vm, 0) {
        let value = vm.slot(slot);
        let handler = vm.metamethod(value, MetaEvent::Close);
        let passed = error.unwrap_or(Value::NIL);
        vm.set_slot(slot, passed);
        // The function below has lost its frame; it is nowhere.
        state(vm).site.set(NO_SITE);
        if let Err(signal) = vm.call(slot + 1, handler, &[value, passed]) {
            match vm.caught(signal) {
                Some(replacement) => error = Some(replacement),
                None => return Err(signal),
            }
        }
    }
    Ok(error)
}

/// The signal with which the outermost call from the host ends. It closes what is still open, since nobody above it
/// would.
#[cold]
pub(crate) fn close_for_host(vm: &mut Vm, signal: Signal) -> Signal {
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
