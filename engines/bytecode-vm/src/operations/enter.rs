//! Entering a Lua function in the frame that an operation has prepared, when nothing stands in the way. Every other call is
//! begun by the dispatch loop ([`crate::state::begin_at`]).

use lua_runtime::value::Tag;
use lua_runtime::{Closure, Gc, Value, Vm};

use crate::code::prototype::Prototype;
use crate::frame::{FrameHeader, HEADER_SLOTS};
use crate::state::{Step, begin_at, state_unchecked};

/// Enters what lies in slot `callee`, with its arguments behind the slot of the header, or leaves that to the dispatch
/// loop: an extra argument to keep, no room, a request that waits, or another callee than a Lua function.
///
/// # Panics
/// If callee and arguments are not inside the stack.
#[inline(always)]
pub(crate) fn enter(vm: &mut Vm, callee: u32, count: u32, header: FrameHeader) -> Step {
    let base = callee + HEADER_SLOTS;
    assert!(base + count <= vm.stack_capacity(), "a call above the stack");
    // SAFETY: the slots up to the base are inside the stack, and the others are when the room was checked. Closures of this
    // state are made by this engine, and the stack slot keeps this one alive.
    unsafe {
        let address = vm.stack().add(callee as usize);
        if (*address).tag() != Tag::Closure {
            return begin_at(vm, callee, count, header);
        }
        let prototype = &*Gc::<Closure>::from_address((*address).payload()).data().cast::<Prototype>();
        // The callee is a closure of this engine, and so the state is.
        let state = state_unchecked(vm);
        let depth = &state.depth;
        if prototype.is_vararg
            || base + prototype.frame_slots > vm.stack_capacity()
            || depth.get() >= vm.limits.lua_depth
            || vm.must_poll()
        {
            return begin_at(vm, callee, count, header);
        }
        depth.set(depth.get() + 1);
        state.resume_pc.set(prototype.code);
        state.resume_base.set(base);
        let first = address.add(HEADER_SLOTS as usize);
        for missing in count..prototype.parameters {
            *first.add(missing as usize) = Value::NIL;
        }
        header.write(first);
        Step::Reload
    }
}
