//! Protected calls: `pcall` and `xpcall`, and how an error ends in them.
//!
//! The frame of `pcall` stays on the stack below that of its callee, whose continuation is `Protected`. So a yield
//! inside leaves it where it is, and an error finds it by walking the frames (`unwind`).

use lua_runtime::value::Value;
use lua_runtime::{Args, NATIVE_FREE_SLOTS, Vm};

use crate::calls::close::{handler_of, pop};
use crate::debug::debug_hook;
use crate::frame::{Continuation, FrameHeader, HEADER_SLOTS, header_at, set_frame_base, set_header_at, set_slot};
use crate::operations::enter::enter;
use crate::state::{Outcome, Returned, begin_at, return_at, state};

/// `pcall(f, ...)`: its own frame, and above it the frame of `f`.
pub(crate) fn call(vm: &mut Vm, callee: u32, count: u32, header: FrameHeader) -> Outcome {
    let base = callee + HEADER_SLOTS;
    set_header_at(vm, base, header.with_varargs(vm.handler_slot));
    set_frame_base(vm, base);
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    vm.check_any(Args { base, count }, 0)?;
    // The callee is the first argument. Its arguments move up by one, past its header slot.
    for slot in (base + 1..base + count).rev() {
        let moved = vm.slot(slot);
        set_slot(vm, slot + 1, moved);
    }
    protected(vm, base, base, count - 1, 0)
}

/// `xpcall(f, handler, ...)`: as `pcall`, with the handler in the first slot of its frame.
pub(crate) fn call_with_handler(vm: &mut Vm, callee: u32, count: u32, header: FrameHeader) -> Outcome {
    let base = callee + HEADER_SLOTS;
    set_header_at(vm, base, header.with_varargs(vm.handler_slot));
    set_frame_base(vm, base);
    vm.ensure_stack(base + count + NATIVE_FREE_SLOTS)?;
    vm.check_handler(Args { base, count })?;
    for slot in (base + 2..base + count).rev() {
        let moved = vm.slot(slot);
        set_slot(vm, slot + 1, moved);
    }
    let (function, handler) = (vm.slot(base), vm.slot(base + 1));
    set_slot(vm, base, handler);
    set_slot(vm, base + 1, function);
    protected(vm, base, base + 1, count - 2, base)
}

/// Calls what lies in slot `callee` under the protected call whose frame has this base.
fn protected(vm: &mut Vm, base: u32, callee: u32, count: u32, handler_slot: u32) -> Outcome {
    vm.protected_depth += 1;
    vm.handler_slot = handler_slot;
    let delta = callee + HEADER_SLOTS - base;
    let inner = FrameHeader::new(state(vm).depth.get(), delta, Continuation::Protected, 0);
    set_header_at(vm, callee + HEADER_SLOTS, inner);
    // What fails before a frame is made fails inside the protected call.
    vm.check_native_depth().inspect_err(|_| set_frame_base(vm, callee + HEADER_SLOTS))?;
    Ok(enter(vm, callee, count, inner))
}

/// Ends the protection of the protected call whose frame has this base. Returns its header.
pub(crate) fn leave(vm: &mut Vm, base: u32) -> FrameHeader {
    let header = header_at(vm, base);
    vm.protected_depth -= 1;
    vm.handler_slot = header.varargs();
    header
}

/// Ends a protected call with an error: its pending variables are closed, one frame after the other, then it returns
/// `false` and the error value. `base` is the base of its frame, and all frames above are gone.
pub(crate) fn fail(vm: &mut Vm, base: u32, error: Value) -> Outcome {
    set_frame_base(vm, base);
    let Some(slot) = pop(vm, base) else {
        let header = leave(vm, base);
        let first = base - HEADER_SLOTS;
        // While a hook runs the header is still needed, and the error must be kept alive.
        set_slot(vm, base, error);
        debug_hook::role_returning(vm, base, base + 1)?;
        set_slot(vm, first, Value::FALSE);
        set_slot(vm, first + 1, error);
        return Ok(return_at(vm, Returned { header, caller: base - header.base_delta(), first, count: 2 }));
    };
    let value = vm.slot(slot);
    // The variable's own slot keeps the error alive while the metamethod runs.
    set_slot(vm, slot, error);
    let callee = slot + 1;
    let frame = callee + HEADER_SLOTS;
    let header = FrameHeader::new(state(vm).depth.get(), frame - base, Continuation::CloseOnError, 0);
    // If there is no room, the error that says so ends in this protected call too.
    set_header_at(vm, frame, header);
    set_frame_base(vm, frame);
    vm.ensure_stack(frame + 2 + NATIVE_FREE_SLOTS)?;
    let handler = handler_of(vm, value);
    set_slot(vm, callee, handler);
    set_slot(vm, frame, value);
    set_slot(vm, frame + 1, error);
    set_frame_base(vm, base);
    Ok(begin_at(vm, callee, 2, header))
}
