//! Where the results of a call go, and where its caller goes on.

use lua_runtime::Vm;
use lua_runtime::value::Value;

use crate::frame::{Continuation, FrameHeader, set_slot};
use crate::state::{Returned, Step, prototype_of, resume_at, return_at, state};

/// Fills the results up to the wanted number, or sets the top behind them.
pub(crate) fn deliver(vm: &mut Vm, wanted: u8, first: u32, count: u32) {
    if wanted == 0 {
        state(vm).top.set(first + count);
        return;
    }
    for i in count..u32::from(wanted) - 1 {
        set_slot(vm, first + i, Value::NIL);
    }
}

/// Goes on behind the instruction of a Lua function that has made a call. `caller` is the base of its frame.
pub(crate) fn resume_caller(vm: &Vm, header: FrameHeader, caller: u32) -> Step {
    debug_assert!(header.continuation().is_of_instruction());
    // SAFETY: the frame with this base is one of a Lua function, since one of its instructions has made the call, and the
    // header holds an index into its code.
    let pc = unsafe { prototype_of(vm.stack().add(caller as usize)).code.add(header.resume_pc() as usize) };
    resume_at(vm, pc, caller)
}

/// Ends a call whose results are in place: at once, if it was an ordinary one.
pub(crate) fn end_call(vm: &mut Vm, returned: Returned) -> Step {
    let Returned { header, caller, first, count } = returned;
    if header.continuation() != Continuation::Call {
        return return_at(vm, returned);
    }
    deliver(vm, header.wanted(), first, count);
    resume_caller(vm, header, caller)
}
