//! The frames of the running stack, from the innermost one outward.
//!
//! A walk starts at [`Vm::frame_base`] and at the instruction in [`crate::state::State::pc`], which the interpreter
//! writes down before anything can look. What is said of the frames to people is in `backtrace`.

use lua_bytecode::Pc;
use lua_runtime::Vm;
use lua_runtime::value::Value;

use crate::code::prototype::Prototype;
use crate::frame::{Continuation, FrameHeader, HEADER_SLOTS, find_header};
use crate::state::{prototype_of, state};

/// A frame, as a walk from the innermost one outward sees it.
#[derive(Clone, Copy)]
pub(crate) struct FrameView {
    /// The base.
    pub base: u32,
    /// The header.
    pub header: FrameHeader,
    /// The function.
    pub callee: Value,
    /// For a Lua function: the instruction it is at.
    pub pc: Option<Pc>,
}

/// The frames from the innermost outward.
pub(crate) fn frames(vm: &Vm) -> impl Iterator<Item = FrameView> + '_ {
    let mut base = vm.frame_base();
    // The innermost Lua function is at the instruction that was written down; all others at the one that called.
    let mut pc_of_lua: Option<Pc> = None;
    std::iter::from_fn(move || {
        if base < HEADER_SLOTS {
            return None;
        }
        let header = find_header(vm, base)?;
        let callee = vm.slot(base - HEADER_SLOTS);
        let prototype = prototype_in(vm, base);
        let pc = prototype.map(|prototype| pc_of_lua.unwrap_or_else(|| innermost_pc(vm, prototype)));
        pc_of_lua = caller_pc(header);
        let view = FrameView { base, header, callee, pc };
        base = base.checked_sub(header.base_delta())?;
        Some(view)
    })
}

/// The instruction of the caller, if the header tells it and the caller is a Lua function.
pub(crate) fn caller_pc(header: FrameHeader) -> Option<Pc> {
    let is_told = header.continuation().is_of_instruction() || header.continuation() == Continuation::Entry;
    is_told.then(|| header.instruction_pc())
}

/// The prototype of a frame's function, if it is a Lua function.
pub(crate) fn prototype_in(vm: &Vm, base: u32) -> Option<&Prototype> {
    vm.slot(base - HEADER_SLOTS).as_closure()?;
    // SAFETY: the callee is a closure, and the slot is on the stack.
    Some(unsafe { prototype_of(vm.stack().add(base as usize)) })
}

/// The index of the written-down instruction, if it belongs to this function's code.
pub(crate) fn innermost_pc(vm: &Vm, prototype: &Prototype) -> Pc {
    let code = prototype.proto.code.as_ptr_range();
    let parked = vm.thread().position().cast::<u32>();
    let pc = if parked.is_null() { state(vm).pc.get() } else { parked };
    if code.contains(&pc) {
        // SAFETY: both pointers are into the same code, as was just checked.
        unsafe { pc.offset_from(prototype.code) as Pc }
    } else {
        0
    }
}

/// The slot in which the callee of the frame was called, where its results go.
pub fn result_slot(vm: &Vm, base: u32, header: FrameHeader) -> u32 {
    if header.varargs() == 0 {
        return base - HEADER_SLOTS;
    }
    let prototype = prototype_in(vm, base).expect("only frames of Lua functions have extra arguments");
    base - HEADER_SLOTS - header.varargs() - prototype.parameters - HEADER_SLOTS
}
