//! The status codes that end a call early. The error *value* is in [`super::Vm`]; a status is one byte, so that it
//! crosses compiled frames in a register.

use crate::heap::OutOfMemory;

/// Why a call did not return its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Signal {
    /// A Lua error; its value is [`super::Vm::error`].
    Error = 1,
    /// The heap limit was reached. `pcall` turns it into the string "not enough memory".
    Memory = 2,
    /// The instance must stop; the reason is [`super::Vm::fatal`]. `pcall` does not catch it.
    Fatal = 3,
    /// A library function ends with a call, which [`super::Vm::last_call`] describes: the engine does it, and the
    /// library function returns its results. So that call can be yielded across.
    Call = 4,
}

impl From<OutOfMemory> for Signal {
    #[inline]
    fn from(_: OutOfMemory) -> Signal {
        Signal::Memory
    }
}
