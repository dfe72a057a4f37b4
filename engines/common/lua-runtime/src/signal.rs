//! The status codes that end a call early. The error *value* is in [`crate::vm::Vm`]; a status is one byte, so that it
//! crosses compiled frames in a register.

use crate::heap::OutOfMemory;

/// Why a call did not return its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Signal {
    /// A Lua error; its value is [`crate::vm::Vm::error`].
    Error = 1,
    /// The heap limit was reached. `pcall` turns it into the string "not enough memory".
    Memory = 2,
    /// The instance must stop; the reason is [`crate::vm::Vm::fatal`]. `pcall` does not catch it.
    Fatal = 3,
    /// A library function ends with a call, which [`crate::vm::Vm::last_call`] describes: the engine does it, and the
    /// library function returns its results. So that call can be yielded across.
    Call = 4,
}

impl From<OutOfMemory> for Signal {
    #[inline]
    fn from(_: OutOfMemory) -> Signal {
        Signal::Memory
    }
}
