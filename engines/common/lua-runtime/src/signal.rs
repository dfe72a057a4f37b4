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
    /// A library function ends with a call: the function to call is in the slot of its own callee, its arguments, as many
    /// as [`crate::vm::Vm::last_arguments`] says, follow the header. So that call can be yielded across. Given only to
    /// engines without native stacks for coroutines ([`crate::vm::EngineHooks::native_coroutines`]).
    Call = 4,
}

impl From<OutOfMemory> for Signal {
    #[inline]
    fn from(_: OutOfMemory) -> Signal {
        Signal::Memory
    }
}
