//! Warnings: `warn`, and those of the runtime itself. Off until the program says `warn("@on")`.

use engine_api::Stream;

use super::{Entry, register};
use crate::function::Args;
use crate::heap::OutOfMemory;
use crate::signal::Signal;
use crate::vm::Vm;

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
        Some(b"on") if args.count == 1 => vm.warns = true,
        Some(b"off") if args.count == 1 => vm.warns = false,
        Some(_) if args.count == 1 => {}
        Some(_) | None => vm.warning(&message),
    }
    Ok(0)
}

impl Vm {
    /// Writes a warning to standard error, if warnings are on.
    pub(crate) fn warning(&mut self, message: &[u8]) {
        if self.warns {
            let line = [b"Lua warning: ", message, b"\n"].concat();
            // An error here is one of standard error: there is no stream left on which to report it.
            let _written = self.host.write(Stream::Err, &line).and_then(|()| self.host.flush(Stream::Err));
        }
    }
}
