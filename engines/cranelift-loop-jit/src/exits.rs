//! How compiled code is left: a number in a register, and a table that says what the number means.
//!
//! Compiled code stores the live slots that the frame does not have yet and returns the number. Everything that is the
//! same each time (where to go on, why, which frames of inlined calls are missing) stands in the table, so that an exit
//! is a few stores. Who reads the table is in `enter`.

use engine_api::event::ExitReason;
use lua_bytecode::Pc;

/// What one way out of a unit means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    /// The instruction with which the interpreter goes on.
    pub(crate) resume_pc: Pc,
    /// Why; `None` where the program itself leaves the loop.
    pub(crate) reason: Option<ExitReason>,
    /// The frames of inlined calls that were active, outermost first.
    pub(crate) frames: Vec<InlinedFrame>,
}

/// The frame of an inlined call, of which compiled code has written the callee and the registers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InlinedFrame {
    /// Slots from the base of the unit's frame to its base.
    pub(crate) offset: u32,
    /// Slots from its caller's base to its base.
    pub(crate) base_delta: u32,
    /// The instruction with which its caller goes on.
    pub(crate) resume_pc: Pc,
    /// The results that its caller wants, coded as in a frame header.
    pub(crate) wanted: u8,
}

/// The number of the exit that a unit takes when the types at its entry are not those that it was made for.
pub(crate) const ENTRY_MISMATCH: u32 = 0;
