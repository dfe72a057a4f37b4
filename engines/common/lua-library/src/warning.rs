//! `warn`. Warnings are off until the program says `warn("@on")`; what becomes of one is in `state`.

use lua_runtime::{Args, OutOfMemory, Signal, Vm};

use crate::entries::{Entry, register};
use crate::state::State;

const ENTRIES: &[Entry] = &[("warn", warn)];

pub(super) fn open(vm: &mut Vm) -> Result<(), OutOfMemory> {
    register(vm, vm.globals, ENTRIES)
}

/// `warn(msg1, ...)`. A single argument that starts with `@` is a control message.
fn warn(vm: &mut Vm, args: Args) -> Result<u32, Signal> {
    for index in 0..args.count.max(1) {
        vm.check_string(args, index)?;
    }
    let mut message = Vec::new();
    for index in 0..args.count {
        message.extend_from_slice(vm.check_string(args, index)?.bytes());
    }
    match message.strip_prefix(b"@") {
        Some(b"on") if args.count == 1 => State::of_mut(vm).warns = true,
        Some(b"off") if args.count == 1 => State::of_mut(vm).warns = false,
        Some(_) if args.count == 1 => {}
        Some(_) | None => vm.warning(&message),
    }
    Ok(0)
}
