//! A running activation as its nodes see it, and the ways in which a node can end.
//!
//! On the value stack a frame is: the callee at `base - 2`, the header at `base - 1`, then parameters, other locals and
//! temporaries at fixed slots from `base` on. A vararg function that got extra arguments has them, and then their
//! number, below `base - 2`. This file knows slots; who makes a frame is in `call`, what the slots mean is decided by `compile`.

use lua_runtime::value::Tag;
use lua_runtime::{Closure, Gc, Signal, Value, Vm};

use crate::code::FunctionCode;
use crate::state::state;

/// Says that a signal is on its way: which one is in [`crate::state::State::signal`].
///
/// It has no size, so that `Result<Value, Raised>` has the layout of a [`Value`] (the error is one more tag) and comes
/// back in two registers; with the signal inside, it would come back through memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Raised;

const _: () = assert!(size_of::<Result<Value, Raised>>() == size_of::<Value>());

/// Where control goes after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// On to the next statement.
    Next,
    /// Behind the innermost loop.
    Break,
    /// To the label [`Frame::label`], which some enclosing block has.
    Goto,
    /// Out of the function, with the one value [`Frame::result`].
    Return,
    /// Out of the function, with the [`Frame::list_count`] values from [`Frame::list_start`] on.
    ReturnList,
    /// Out of the function and into the one at [`Frame::list_start`], whose [`Frame::list_count`] arguments follow.
    TailCall,
}

const _: () = assert!(size_of::<Result<Flow, Raised>>() == 1);

/// A slot of a frame, counted from its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(pub(crate) u32);

impl Slot {
    /// The slot `distance` above this one.
    #[inline(always)]
    pub(crate) fn offset(self, distance: u32) -> Slot {
        Slot(self.0 + distance)
    }
}

/// Index of a [`crate::code::Site`] of the running function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SiteId(pub(crate) u32);

/// The site in the header of a frame that was called from Rust, where no site is.
pub(crate) const NO_SITE: SiteId = SiteId(u32::MAX);

/// Slots between a callee's slot and its base.
pub(crate) const HEADER_SLOTS: u32 = 2;

/// The most arguments of a metamethod.
pub(crate) const HANDLER_ARGUMENTS: u32 = 3;

/// Slots above every frame that are always there: the call of a metamethod, and what a native function may use.
pub(crate) const HEADROOM_SLOTS: u32 = HEADER_SLOTS + HANDLER_ARGUMENTS + lua_runtime::NATIVE_FREE_SLOTS;

/// The slot below a frame's base, as the tree-walker uses it: the low half of the payload is the caller's [`SiteId`]
/// (ARCHITECTURE.md calls it the resume pc; a tree has none), the high half the base delta with two flags on top.
/// Continuation, wanted results and vararg count are not used: they are on the native stack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameHeader(u64);

/// Top bit of the base delta: the function was entered by a tail call.
const TAIL_CALL_BIT: u64 = 1 << 63;
/// The bit below: the frame has extra arguments, whose number is in the slot below the callee.
const VARARGS_BIT: u64 = 1 << 62;

/// Slots that a vararg function's frame has below its base when there are extra arguments: their number, callee, header.
pub(crate) const VARARG_HEADER_SLOTS: u32 = HEADER_SLOTS + 1;

/// Stack index of the first of `count` extra arguments of the frame with this base.
#[inline(always)]
pub(crate) fn first_vararg(base: u32, count: u32) -> u32 {
    base - VARARG_HEADER_SLOTS - count
}

impl FrameHeader {
    /// The header of a frame whose base is `base_delta` slots above its caller's.
    #[inline(always)]
    pub(crate) fn new(site: SiteId, base_delta: u32) -> FrameHeader {
        FrameHeader(u64::from(site.0) | u64::from(base_delta) << 32)
    }

    /// The header of the frame with this base.
    pub(crate) fn of(vm: &Vm, base: u32) -> FrameHeader {
        let slot = vm.slot(base - 1);
        debug_assert_eq!(slot.tag, Tag::Frame);
        FrameHeader(slot.payload)
    }

    /// As [`FrameHeader::of`]; `None` if a library function has begun to write its results there.
    pub(crate) fn find(vm: &Vm, base: u32) -> Option<FrameHeader> {
        (vm.slot(base - 1).tag == Tag::Frame).then(|| FrameHeader::of(vm, base))
    }

    /// As it lies in its slot.
    #[inline(always)]
    pub(crate) fn as_value(self) -> Value {
        // SAFETY: it goes into the slot below a frame's base only.
        unsafe { Value::frame(self.0) }
    }

    /// Where in the caller's code the call stands.
    pub(crate) fn site(self) -> SiteId {
        SiteId(self.0 as u32)
    }

    /// Slots from the caller's base to this frame's.
    pub(crate) fn base_delta(self) -> u32 {
        ((self.0 & !(TAIL_CALL_BIT | VARARGS_BIT)) >> 32) as u32
    }

    /// Whether the function was entered by a tail call.
    pub(crate) fn is_tail_call(self) -> bool {
        self.0 & TAIL_CALL_BIT != 0
    }

    /// The same, for a function entered by a tail call.
    pub(crate) fn with_tail_call(self) -> FrameHeader {
        FrameHeader(self.0 | TAIL_CALL_BIT)
    }

    /// Whether the frame has extra arguments.
    pub(crate) fn has_varargs(self) -> bool {
        self.0 & VARARGS_BIT != 0
    }

    /// The same, for a frame with extra arguments whose base is `shift` slots higher.
    pub(crate) fn with_varargs(self, shift: u32) -> FrameHeader {
        FrameHeader((self.0 + (u64::from(shift) << 32)) | VARARGS_BIT)
    }
}

/// A running activation. Lives on the native stack for the length of the call.
pub(crate) struct Frame<'vm> {
    /// Slot 0 of the frame. The stack moves only inside calls and [`Frame::ensure`]; both load it anew.
    base: *mut Value,
    pub(crate) vm: &'vm mut Vm,
    /// The function that runs. Also in slot `base - 2`, which keeps it alive.
    pub(crate) closure: Gc<Closure>,
    /// Stack index of slot 0.
    pub(crate) base_slot: u32,
    /// Extra arguments of a vararg function.
    pub(crate) vararg_count: u32,
    /// The value of a [`Flow::Return`]. No poll comes between setting and taking it.
    pub(crate) result: Value,
    /// First slot of a [`Flow::ReturnList`], or the callee's slot of a [`Flow::TailCall`].
    pub(crate) list_start: Slot,
    /// Values of a [`Flow::ReturnList`], or arguments of a [`Flow::TailCall`].
    pub(crate) list_count: u32,
    /// Target of a [`Flow::Goto`]: index of the label in its function.
    pub(crate) label: u32,
}

impl<'vm> Frame<'vm> {
    /// The activation of `closure` at `base_slot`. The caller has made sure of the frame's room on the stack.
    #[inline(always)]
    pub(crate) fn new(vm: &'vm mut Vm, closure: Gc<Closure>, base_slot: u32, vararg_count: u32) -> Frame<'vm> {
        debug_assert!(base_slot < vm.stack_capacity());
        // SAFETY: `base_slot` is inside the stack.
        let base = unsafe { vm.stack().add(base_slot as usize) };
        Frame {
            base,
            vm,
            closure,
            base_slot,
            vararg_count,
            result: Value::NIL,
            list_start: Slot(0),
            list_count: 0,
            label: 0,
        }
    }

    /// The value in a slot.
    #[inline(always)]
    pub(crate) fn get(&self, slot: Slot) -> Value {
        debug_assert!(self.base_slot + slot.0 < self.vm.stack_capacity());
        // SAFETY: `compile` keeps slots below the frame's size, and the frame's room was made sure of at its entry.
        unsafe { *self.base.add(slot.0 as usize) }
    }

    /// Writes a slot.
    #[inline(always)]
    pub(crate) fn set(&mut self, slot: Slot, value: Value) {
        debug_assert!(self.base_slot + slot.0 < self.vm.stack_capacity());
        // SAFETY: as in `get`.
        unsafe { *self.base.add(slot.0 as usize) = value }
    }

    /// Writes a slot that holds an integer.
    #[inline(always)]
    pub(crate) fn set_integer_again(&mut self, slot: Slot, integer: i64) {
        debug_assert!(self.get(slot).is_integer());
        // SAFETY: as in `get`; any payload is an integer's.
        unsafe { (*Value::parts(self.base.add(slot.0 as usize))).payload = integer as u64 }
    }

    /// `count` slots from `from` on, as they are now.
    ///
    /// # Safety
    /// The slots must be in the frame, and neither they nor the stack may change while the result is used.
    #[inline(always)]
    pub(crate) unsafe fn slice<'a>(&self, from: Slot, count: u32) -> &'a [Value] {
        // SAFETY: as the caller says; every slot of the stack holds a value.
        unsafe { std::slice::from_raw_parts(self.base.add(from.0 as usize), count as usize) }
    }

    /// Extra argument `index` of a vararg function, below [`Frame::vararg_count`].
    #[inline(always)]
    pub(crate) fn vararg(&self, index: u32) -> Value {
        self.vm.slot(first_vararg(self.base_slot, self.vararg_count) + index)
    }

    /// The code of the running function.
    #[inline(always)]
    pub(crate) fn code(&self) -> &'vm FunctionCode {
        crate::code::code_of(self.closure)
    }

    /// Stack index of the first slot above the frame.
    #[inline(always)]
    pub(crate) fn top(&self) -> u32 {
        self.base_slot + self.code().frame_slots
    }

    /// Makes this frame the innermost one again and finds it where the stack now is. Every call ends here.
    #[inline(always)]
    pub(crate) fn resume(&mut self) {
        set_frame_base(self.vm, self.base_slot);
        // SAFETY: `base_slot` is inside the stack, which never shrinks.
        self.base = unsafe { self.vm.stack().add(self.base_slot as usize) };
    }

    /// Makes sure that the `count` slots from `slot` on exist, and above them the room of every frame.
    #[inline]
    pub(crate) fn ensure(&mut self, slot: Slot, count: u32, site: SiteId) -> Result<(), Raised> {
        let needed = self.base_slot.saturating_add(slot.0).saturating_add(count).saturating_add(HEADROOM_SLOTS);
        if needed <= self.vm.stack_capacity() {
            return Ok(());
        }
        self.ensure_slow(needed, site)
    }

    #[cold]
    fn ensure_slow(&mut self, needed: u32, site: SiteId) -> Result<(), Raised> {
        self.at(site);
        let done = self.vm.ensure_stack(needed);
        self.resume();
        self.checked(done)
    }

    /// Notes where the running function is, for messages and tracebacks. Only what can fail, and fails or calls, says
    /// so, on its slow path.
    #[inline]
    pub(crate) fn at(&self, site: SiteId) {
        state(self.vm).site.set(site);
    }

    /// A result of the runtime as nodes pass it on.
    #[inline(always)]
    pub(crate) fn checked<T>(&self, result: Result<T, Signal>) -> Result<T, Raised> {
        match result {
            Ok(value) => Ok(value),
            Err(signal) => Err(self.raised(signal)),
        }
    }

    /// Sends a signal on its way.
    #[cold]
    pub(crate) fn raised(&self, signal: Signal) -> Raised {
        state(self.vm).raised(signal)
    }

    /// Serves waiting requests at a back-edge.
    #[inline(always)]
    pub(crate) fn poll(&mut self, site: SiteId) -> Result<(), Raised> {
        if self.vm.must_poll() { self.poll_slow(site) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn poll_slow(&mut self, site: SiteId) -> Result<(), Raised> {
        self.serve(site)?;
        crate::debug_hook::jumped_to(self, site)
    }

    /// As [`Frame::poll`], at a back-edge to a place where no line of its own begins.
    #[inline(always)]
    pub(crate) fn poll_between(&mut self, site: SiteId) -> Result<(), Raised> {
        if self.vm.must_poll() { self.poll_between_slow(site) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn poll_between_slow(&mut self, site: SiteId) -> Result<(), Raised> {
        self.serve(site)?;
        crate::debug_hook::jumped(self)
    }

    /// As [`Frame::poll`], at the end of a loop's body, where the loop's line goes on and control may jump back.
    #[inline(always)]
    pub(crate) fn poll_loop(&mut self, site: SiteId) -> Result<(), Raised> {
        if self.vm.must_poll() { self.poll_loop_slow(site) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn poll_loop_slow(&mut self, site: SiteId) -> Result<(), Raised> {
        self.poll_line_slow(site)?;
        crate::debug_hook::jumped(self)
    }

    /// As [`Frame::poll`], where a line begins, but no jump has gone back.
    #[inline(always)]
    pub(crate) fn poll_line(&mut self, site: SiteId) -> Result<(), Raised> {
        if self.vm.must_poll() { self.poll_line_slow(site) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn poll_line_slow(&mut self, site: SiteId) -> Result<(), Raised> {
        self.serve(site)?;
        crate::debug_hook::arrived(self, site)
    }

    /// The first slot that is not in use at a site.
    pub(crate) fn free_slot(&self, site: SiteId) -> Slot {
        let code = self.code();
        Slot(code.site(site).map_or(code.frame_slots, |site| site.live_slots))
    }

    /// Serves waiting requests.
    pub(crate) fn serve(&mut self, site: SiteId) -> Result<(), Raised> {
        self.at(site);
        let top = self.base_slot + self.free_slot(site).0;
        let done = self.vm.poll(top);
        self.resume();
        self.checked(done)
    }
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
