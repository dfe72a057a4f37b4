//! To-be-closed variables: the list of those that are active, and closing one when an error has ended its scope.
//!
//! A scope that ends by itself closes its variable in `nodes::closing`. An error passes by; what it leaves open is closed
//! where it is caught, when the frames above are gone: in `protect`, or by the runtime for a coroutine and for the host.

use lua_runtime::meta::MetaEvent;
use lua_runtime::{NATIVE_FREE_SLOTS, Signal, Value, Vm};

use crate::call::call_at;
use crate::frame::{HEADER_SLOTS, NO_SITE, set_slot};
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
    set_slot(vm, slot, error);
    let callee = slot + 1;
    let first = callee + HEADER_SLOTS;
    vm.ensure_stack(first + 2 + NATIVE_FREE_SLOTS)?;
    let handler = vm.metamethod(value, MetaEvent::Close);
    set_slot(vm, callee, handler);
    set_slot(vm, first, value);
    set_slot(vm, first + 1, error);
    call_at(vm, callee, 2).map(|_| ())
}

/// As [`pop`], for a variable whose function has lost its frame: it is nowhere.
pub(crate) fn pop_of_lost_frame(vm: &Vm) -> Option<u32> {
    state(vm).site.set(NO_SITE);
    pop(vm, 0)
}
