//! Frames on the value stack: the two slots below a function's base, and how an interrupted operation ends.
//!
//! This layout is shared by every engine that builds on this one (see ARCHITECTURE.md, "Stacks, frames and calls").
//! Slot `base - 2` holds the callee, slot `base - 1` a [`FrameHeader`]. Registers start at `base`. This file knows
//! where things are; who calls whom is in `call`, what happens at a return in `continuation`.

use lua_runtime::Vm;
use lua_runtime::value::{Tag, VALUE_BYTES, Value};

/// Slots between a callee's slot and its base.
pub const HEADER_SLOTS: u32 = 2;

/// Slots of the frame of `pcall` or `xpcall` that are needed for as long as the protected call lasts: the handler, the
/// callee, the callee's header.
pub const PROTECTED_SLOTS: u32 = 3;

/// How the operation that made a call ends when the callee returns. The number is part of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Continuation {
    /// An ordinary call: deliver the wanted number of results where the callee was.
    Call = 0,
    /// The call came from Rust: leave the interpreter.
    Entry = 1,
    /// The first result is the value of the instruction: store it in its register A.
    Store = 2,
    /// The results are dropped.
    Discard = 3,
    /// The truth of the first result decides the instruction's jump.
    Branch = 4,
    /// The first result is one step of a concatenation.
    Concat = 5,
    /// The callee ran under `pcall`: add `true` and return from `pcall`'s frame.
    Protected = 6,
    /// A `__close` metamethod: run the closing instruction again, for the next variable.
    Close = 7,
    /// The function of a coroutine: go on in the coroutine that has resumed this one.
    Coroutine = 8,
    /// A `__close` metamethod that runs because of an error: go on to the next variable, then end the protected call.
    CloseOnError = 9,
    /// The call with which a library function ends: return from that function's frame with the results.
    LastCall = 10,
    /// The call with which a Lua function ends, of a library function that control can come back from later: return from
    /// that function's frame with the results.
    TailCall = 11,
}

/// All of them, by number.
const CONTINUATIONS: [Continuation; 12] = [
    Continuation::Call,
    Continuation::Entry,
    Continuation::Store,
    Continuation::Discard,
    Continuation::Branch,
    Continuation::Concat,
    Continuation::Protected,
    Continuation::Close,
    Continuation::Coroutine,
    Continuation::CloseOnError,
    Continuation::LastCall,
    Continuation::TailCall,
];

const _: () = {
    let mut number = 0;
    while number < CONTINUATIONS.len() {
        assert!(CONTINUATIONS[number] as usize == number);
        number += 1;
    }
};

impl Continuation {
    /// Whether an instruction of a Lua function made the call, so that [`FrameHeader::resume_pc`] is in its code.
    pub fn is_of_instruction(self) -> bool {
        match self {
            Continuation::Call
            | Continuation::Store
            | Continuation::Discard
            | Continuation::Branch
            | Continuation::Concat
            | Continuation::Close
            | Continuation::TailCall => true,
            Continuation::Entry
            | Continuation::Protected
            | Continuation::Coroutine
            | Continuation::CloseOnError
            | Continuation::LastCall => false,
        }
    }
}

/// Flag of a header: the instruction that made the call has one word, not two.
pub const FLAG_ONE_WORD: u8 = 1;
/// Flag of a header: the function was entered by a tail call.
pub const FLAG_TAIL_CALL: u8 = 2;

/// The slot below a frame's base, seen as what it holds.
///
/// Two words, as it is written and read: what is read soon after it was written waits for that if the pieces are of other
/// sizes. In the first word, from its low end on, the index of the instruction to go on with and the distance of the bases;
/// in the second the tag, continuation, wanted results and flags, a byte each, and the number of extra arguments.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct FrameHeader {
    low: u64,
    high: u64,
}

/// Offset of [`FrameHeader::resume_pc`].
pub const HEADER_RESUME_PC_OFFSET: usize = 0;
/// Offset of [`FrameHeader::base_delta`].
pub const HEADER_BASE_DELTA_OFFSET: usize = 4;
/// Offset of [`FrameHeader::continuation`].
pub const HEADER_CONTINUATION_OFFSET: usize = 9;
/// Offset of [`FrameHeader::wanted`].
pub const HEADER_WANTED_OFFSET: usize = 10;
/// Offset of [`FrameHeader::flags`].
pub const HEADER_FLAGS_OFFSET: usize = 11;
/// Offset of [`FrameHeader::varargs`].
pub const HEADER_VARARGS_OFFSET: usize = 12;

const _: () = {
    assert!(size_of::<FrameHeader>() == VALUE_BYTES);
    assert!(HEADER_VARARGS_OFFSET == lua_runtime::value::TAG_OFFSET + 4);
    assert!(cfg!(target_endian = "little"), "the parts of a header lie where compiled code writes them");
};

impl FrameHeader {
    /// A header without flags and extra arguments.
    #[inline(always)]
    pub fn new(resume_pc: u32, base_delta: u32, continuation: Continuation, wanted: u8) -> FrameHeader {
        FrameHeader {
            low: u64::from(resume_pc) | u64::from(base_delta) << 32,
            high: u64::from(u32::from_le_bytes([Tag::Frame as u8, continuation as u8, wanted, 0])),
        }
    }

    /// Word index in the caller's code at which it goes on: right behind the instruction that made the call. With
    /// `Protected` and `CloseOnError`, whose caller is the frame of `pcall`: the number of Lua frames below this one. With
    /// `Entry`: where the caller is, as if that instruction had two words, if the caller is a Lua function.
    #[inline(always)]
    pub fn resume_pc(self) -> u32 {
        self.low as u32
    }

    /// Distance in slots from the caller's base to this one.
    #[inline(always)]
    pub fn base_delta(self) -> u32 {
        (self.low >> 32) as u32
    }

    /// How the caller's operation ends.
    ///
    /// # Panics
    /// If it was read from a slot that is no header.
    #[inline(always)]
    pub fn continuation(self) -> Continuation {
        CONTINUATIONS[usize::from((self.high >> 8) as u8)]
    }

    /// Results that the caller wants, plus one; 0 for all.
    #[inline(always)]
    pub fn wanted(self) -> u8 {
        (self.high >> 16) as u8
    }

    /// Flags.
    #[inline(always)]
    pub fn flags(self) -> u8 {
        (self.high >> 24) as u8
    }

    /// Extra arguments of a vararg function. They lie right below the callee's slot, above a copy of the fixed ones. In the
    /// frame of `pcall` or `xpcall`: [`Vm::handler_slot`] of the protected call around it.
    #[inline(always)]
    pub fn varargs(self) -> u32 {
        (self.high >> 32) as u32
    }

    /// The header with another distance.
    #[inline(always)]
    #[must_use]
    pub fn with_base_delta(self, base_delta: u32) -> FrameHeader {
        FrameHeader { low: u64::from(self.resume_pc()) | u64::from(base_delta) << 32, ..self }
    }

    /// The header with another continuation.
    #[inline(always)]
    #[must_use]
    pub fn with_continuation(self, continuation: Continuation) -> FrameHeader {
        FrameHeader { high: self.high & !0xFF00 | u64::from(continuation as u8) << 8, ..self }
    }

    /// The header with other flags.
    #[inline(always)]
    #[must_use]
    pub fn with_flags(self, flags: u8) -> FrameHeader {
        FrameHeader { high: self.high & !0xFF00_0000 | u64::from(flags) << 24, ..self }
    }

    /// The header with another number of extra arguments.
    #[inline(always)]
    #[must_use]
    pub fn with_varargs(self, varargs: u32) -> FrameHeader {
        FrameHeader { high: self.high & 0xFFFF_FFFF | u64::from(varargs) << 32, ..self }
    }

    /// The caller's instruction that made the call, by the index of its first word.
    pub fn instruction_pc(self) -> u32 {
        self.resume_pc() - if self.flags() & FLAG_ONE_WORD != 0 { 1 } else { 2 }
    }

    /// The number of Lua frames below this one, for `Protected` and `CloseOnError`.
    pub fn depth_before(self) -> u32 {
        debug_assert!(matches!(self.continuation(), Continuation::Protected | Continuation::CloseOnError));
        self.resume_pc()
    }

    /// Whether a `RETURN` can deliver its results without looking further.
    #[inline(always)]
    pub fn is_plain_call(self) -> bool {
        self.continuation() == Continuation::Call && self.varargs() == 0
    }

    /// The header of the frame with this base.
    ///
    /// # Safety
    /// `base` must be the base of a frame on the stack.
    #[inline(always)]
    pub unsafe fn read(base: *const Value) -> FrameHeader {
        // SAFETY: as the caller says; the slot below a base was written by `write`, or by compiled code alike.
        unsafe {
            let words = base.sub(1).cast::<u64>();
            FrameHeader { low: *words, high: *words.add(1) }
        }
    }

    /// Writes the header of the frame with this base.
    ///
    /// # Safety
    /// The slot below `base` must be inside the stack.
    #[inline(always)]
    pub unsafe fn write(self, base: *mut Value) {
        // SAFETY: as the caller says; a header has the size and alignment of a value, and its tag is valid.
        unsafe {
            let words = base.sub(1).cast::<u64>();
            *words = self.low;
            *words.add(1) = self.high;
        }
    }
}

/// The header of the frame whose base is this slot.
///
/// # Panics
/// If there is none.
pub fn header_at(vm: &Vm, base: u32) -> FrameHeader {
    find_header(vm, base).expect("a frame without a header")
}

/// The header of the frame whose base is this slot; `None` if there is none, as when a library function has begun to write
/// its results.
pub(crate) fn find_header(vm: &Vm, base: u32) -> Option<FrameHeader> {
    if base < HEADER_SLOTS || vm.slot(base - 1).tag != Tag::Frame {
        return None;
    }
    // SAFETY: the slot is on the stack, and only headers have the tag.
    Some(unsafe { FrameHeader::read(vm.stack().add(base as usize)) })
}

/// Writes the header of the frame whose base is this slot.
pub(crate) fn set_header_at(vm: &mut Vm, base: u32, header: FrameHeader) {
    assert!(base >= HEADER_SLOTS && base <= vm.stack_capacity(), "a frame outside of the stack");
    // SAFETY: the slot below the base is inside the stack, as was checked just above.
    unsafe { header.write(vm.stack().add(base as usize)) }
}

/// Writes the header of the frame whose base is this slot, for an engine that builds on the interpreter.
///
/// # Panics
/// If it is not on the stack.
///
/// # Safety
/// It is the header of a frame there, or of one that is being made.
pub unsafe fn write_header_at(vm: &mut Vm, base: u32, header: FrameHeader) {
    set_header_at(vm, base, header);
}

/// Checks that the results of a library function, from slot `first` on, are on the stack.
#[inline(always)]
pub(crate) fn check_results(vm: &Vm, first: u32, count: u32) {
    assert!(count <= vm.stack_capacity() - first, "results above the stack");
}

/// Says which frame is the innermost one.
#[inline(always)]
pub(crate) fn set_frame_base(vm: &mut Vm, base: u32) {
    // SAFETY: only this crate calls it, with bases of frames whose headers it has written or read.
    unsafe { vm.set_frame_base(base) }
}

/// Writes a slot of any frame.
///
/// # Panics
/// If it is above the stack.
#[inline(always)]
pub(crate) fn set_slot(vm: &mut Vm, slot: u32, value: Value) {
    // SAFETY: only this crate calls it, for registers, callees, arguments and results of its own frames.
    unsafe { vm.set_any_slot(slot, value) }
}
