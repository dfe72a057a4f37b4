//! Protected calls: `pcall` and `xpcall`, and how an error ends in them.
//!
//! The engine does them itself, without [`Vm::call`], since coroutines may yield across them.

use lua_runtime::{Args, NATIVE_FREE_SLOTS, Signal, Value, Vm};

use crate::call::call_at;
use crate::close::{close_after_error, pop};
use crate::frame::{set_frame_base, set_slot};
use crate::native_stack::NoStack;
use crate::state::state;

/// `pcall(f, ...)`. The innermost frame is its own.
pub(crate) fn call(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    vm.ensure_stack(args.top() + 1 + NATIVE_FREE_SLOTS)?;
    vm.check_any(args, 0)?;
    // The callee is the first argument. Its arguments move up by one, past its header slot.
    move_up(vm, args.base + 1, args.count - 1);
    protected(vm, args.base, Protected { callee: args.base, count: args.count - 1, handler_slot: 0 })
}

/// `xpcall(f, handler, ...)`: as `pcall`, with the handler in the first slot of its frame.
pub(crate) fn call_with_handler(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    vm.ensure_stack(args.top() + 1 + NATIVE_FREE_SLOTS)?;
    vm.check_handler(args)?;
    move_up(vm, args.base + 2, args.count - 2);
    let (function, handler) = (vm.slot(args.base), vm.slot(args.base + 1));
    set_slot(vm, args.base, handler);
    set_slot(vm, args.base + 1, function);
    protected(vm, args.base, Protected { callee: args.base + 1, count: args.count - 2, handler_slot: args.base })
}

/// Moves `count` slots from `from` on up by one.
fn move_up(vm: &mut Vm, from: u32, count: u32) {
    for slot in (from..from + count).rev() {
        let value = vm.slot(slot);
        set_slot(vm, slot + 1, value);
    }
}

/// What is called under protection.
#[derive(Clone, Copy)]
struct Protected {
    /// Slot of the callee; its arguments are two slots above.
    callee: u32,
    /// Arguments.
    count: u32,
    /// As in [`Vm`].
    handler_slot: u32,
}

/// Makes the call for the protecting function whose frame has this base.
fn protected(vm: &mut Vm, base: u32, inner: Protected) -> Result<u32, Signal> {
    let segments = &state(vm).segments;
    if segments.is_low() {
        // A library function may protect a library function and so on, and no Lua function looks at the native stack.
        return match segments.on_new_segment(|| protected(vm, base, inner)) {
            Ok(result) => result,
            Err(NoStack) => Err(Signal::Memory),
        };
    }
    let outer_handler = std::mem::replace(&mut vm.handler_slot, inner.handler_slot);
    vm.protected_depth += 1;
    let result = match vm.check_native_depth().and_then(|()| call_at(vm, inner.callee, inner.count)) {
        Ok(count) => {
            set_slot(vm, base - 2, Value::TRUE);
            for i in 0..count {
                let value = vm.slot(inner.callee + i);
                set_slot(vm, base - 1 + i, value);
            }
            Ok(count + 1)
        }
        Err(signal) => fail(vm, base, signal),
    };
    set_frame_base(vm, base);
    vm.protected_depth -= 1;
    vm.handler_slot = outer_handler;
    result
}

/// Ends a protected call with an error: closes what is open above it, then gives `false` and the error.
#[cold]
fn fail(vm: &mut Vm, base: u32, signal: Signal) -> Result<u32, Signal> {
    // The frames above are gone: `caught` takes back the room that they had for an overflow.
    set_frame_base(vm, base);
    let mut error = vm.caught(signal).ok_or(signal)?;
    while let Some(slot) = pop(vm, base) {
        set_frame_base(vm, base);
        if let Err(signal) = close_after_error(vm, slot, error) {
            error = vm.caught(signal).ok_or(signal)?;
        }
    }
    set_slot(vm, base - 2, Value::FALSE);
    set_slot(vm, base - 1, error);
    Ok(2)
}
