//! To-be-closed variables: marking, closing at the end of a scope, closing when a coroutine or the program ends.
//!
//! What an error closes on its way to a protected call is in `protect`.

use lua_runtime::Vm;
use lua_runtime::meta::MetaEvent;
use lua_runtime::value::Value;

use crate::debug::backtrace::local_name;
use crate::frame::{Continuation, HEADER_SLOTS};
use crate::operations::slow_path::{call_metamethod, call_metamethod_at};
use crate::state::{Cursor, Outcome, Step, save, state};

/// Marks the variable in a register of the frame at the cursor to be closed.
///
/// # Errors
/// "variable 'x' got a non-closable value".
pub fn mark(vm: &mut Vm, cursor: Cursor, register: u8) -> Outcome {
    let slot = cursor.stack_slot(vm, register);
    let value = vm.slot(slot);
    if value.is_falsy() {
        return Ok(Step::Next);
    }
    if vm.metamethod(value, MetaEvent::Close).is_nil() {
        save(vm, cursor);
        let name = local_name(cursor, register).unwrap_or_else(|| "?".to_string());
        return Err(vm.raise_at(0, &format!("variable '{name}' got a non-closable value")));
    }
    state(vm).closing.borrow_mut().push(slot);
    Ok(Step::Next)
}

/// Takes the last variable to be closed off the list, if it is in slot `level` or above.
pub(crate) fn pop(vm: &Vm, level: u32) -> Option<u32> {
    let mut closing = state(vm).closing.borrow_mut();
    closing.pop_if(|slot| *slot >= level)
}

/// Whether a variable in slot `level` or above is to be closed.
#[inline]
pub fn is_due(vm: &Vm, level: u32) -> bool {
    state(vm).closing.borrow().last().is_some_and(|slot| *slot >= level)
}

/// The function to call to close a value: nil, and then an error, if the metamethod has gone.
pub(crate) fn handler_of(vm: &Vm, value: Value) -> Value {
    vm.metamethod(value, MetaEvent::Close)
}

/// `CLOSE`: closes one variable and comes back here, until none is left.
#[inline(never)]
pub fn close(vm: &mut Vm, cursor: Cursor) -> Outcome {
    match pop(vm, cursor.stack_slot(vm, cursor.instruction().a())) {
        Some(slot) => {
            let value = vm.slot(slot);
            let handler = handler_of(vm, value);
            call_metamethod(vm, cursor, handler, [value, Value::NIL], Continuation::Close, 1)
        }
        None => Ok(cursor.go_on(vm, 0)),
    }
}

/// Closes one variable for the `CLOSERETURN` at the cursor, which runs again afterwards; `None` if none is left and the
/// function may return.
pub fn close_for_return(vm: &mut Vm, cursor: Cursor) -> Option<Outcome> {
    let slot = pop(vm, cursor.base(vm))?;
    let instruction = cursor.instruction();
    let value = vm.slot(slot);
    let handler = handler_of(vm, value);
    let arguments = [value, Value::NIL];
    if instruction.b() != 0 {
        return Some(call_metamethod(vm, cursor, handler, arguments, Continuation::Close, 1));
    }
    Some(close_above_results(vm, cursor, handler, arguments))
}

/// Calls a `__close` metamethod while results wait up to the top.
fn close_above_results(vm: &mut Vm, cursor: Cursor, handler: Value, arguments: [Value; 2]) -> Outcome {
    // The results up to the top must survive: the metamethod's frame goes above them, and its place tells the top.
    let top = state(vm).top.get();
    let (pc, base) = (cursor.pc(), cursor.base(vm));
    save(vm, cursor);
    vm.ensure_stack(top + HEADER_SLOTS + arguments.len() as u32)?;
    // SAFETY: the stack may have moved, but the frame is where it was in it.
    let cursor = unsafe { Cursor::at(vm, pc, base) };
    call_metamethod_at(vm, cursor, top, handler, arguments, Continuation::Close, 1)
}
