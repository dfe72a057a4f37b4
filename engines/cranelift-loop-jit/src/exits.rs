//! How compiled code is left: a number in a register, and a table that says what the number means.
//!
//! Compiled code stores the live slots that the frame does not have yet and returns the number. Everything that is the
//! same each time (where to go on, why, which frames of inlined calls are missing) stands in the table, so that an exit
//! is a few stores. Who reads the table is in `enter`.

use bytecode_vm::frame::{Continuation, FrameHeader, write_header_at};
use bytecode_vm::state::state;
use engine_api::event::{ExitDetail, ExitReason};
use lua_bytecode::Pc;
use lua_runtime::Vm;
use lua_runtime::value::Tag;

/// An instruction of a unit, whatever calls are inlined: the instructions behind the inlined calls that lead to it,
/// outermost first, and its own index last.
pub(crate) type InstructionPath = Vec<Pc>;

/// What one way out of a unit means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exit {
    /// The instruction with which the interpreter goes on.
    pub(crate) resume_pc: Pc,
    /// Why; `None` where the program itself leaves the loop.
    pub(crate) reason: Option<ExitReason>,
    /// Whether it is taken at an entry point, before anything is done, because the types there are others.
    pub(crate) is_at_entry: bool,
    /// The types that slots of the unit's frame must have not to be left here, as far as guards on types lead here.
    pub(crate) expected: Vec<(u32, Tag)>,
    /// The frames of inlined calls that were active, outermost first.
    pub(crate) frames: Vec<InlinedFrame>,
}

impl Exit {
    /// The instruction that is left.
    pub(crate) fn path(&self) -> InstructionPath {
        self.frames.iter().map(|frame| frame.resume_pc).chain([self.resume_pc]).collect()
    }
}

/// What the guards of an exit wanted and what came in its place, at the first slot that differs, and that slot: the slots of
/// the unit's frame, which has its base in `base`, are up to date.
pub(crate) fn mismatch(
    vm: &Vm,
    base: u32,
    expected: impl IntoIterator<Item = (u32, Tag)>,
) -> (ExitDetail, Option<u32>) {
    let differs = |(slot, tag): (u32, Tag)| {
        let came = vm.slot(base + slot).tag;
        let detail = ExitDetail::Types { expected: tag.kind_name(), came: came.kind_name() };
        (came != tag).then_some((detail, Some(slot)))
    };
    expected.into_iter().find_map(differs).unwrap_or((ExitDetail::None, None))
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
    /// Flags, as in a frame header.
    pub(crate) flags: u8,
}

/// Puts the missing frames of inlined calls on the stack. `base` is the slot of the base of the unit's frame; gives the
/// base of the innermost frame.
pub(crate) fn write_frames(vm: &mut Vm, base: u32, frames: &[InlinedFrame]) -> u32 {
    let mut innermost = base;
    for frame in frames {
        innermost = base + frame.offset;
        let header = FrameHeader::new(frame.resume_pc, frame.base_delta, Continuation::Call, frame.wanted);
        // SAFETY: the registers of the inlined call are where the frame's are.
        unsafe { write_header_at(vm, innermost, header.with_flags(frame.flags)) };
    }
    let state = state(vm);
    // SAFETY: so many frames have just been written.
    unsafe { state.set_depth(state.depth() + frames.len() as u32) };
    innermost
}

/// The number of the exit that a unit takes when the types at its entry are not those that it was made for.
pub(crate) const ENTRY_MISMATCH: u32 = 0;
/// What a unit returns when a VM call has ended otherwise than behind its instruction: how the VM goes on
/// was written down by the helper.
pub(crate) const LEFT_AT_VM_CALL: u32 = u32::MAX;
