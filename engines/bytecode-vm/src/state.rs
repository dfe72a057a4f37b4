//! What the interpreter keeps beside the value stack, and how its parts hand control to each other.
//!
//! The dispatch loop keeps code and base pointer in locals. Everything outside of it gets them as a [`Cursor`], writes
//! them down where positions and tracebacks look ([`save`]), and answers with an [`Outcome`].

pub mod walk;

mod cursor;

use std::cell::{Cell, RefCell};

use lua_runtime::{Gc, Signal, Thread, Vm};

use crate::frame::{Continuation, FrameHeader};

pub use cursor::{Cursor, closure_of, prototype_of, prototype_of_closure, save};

/// What the dispatch loop does after an operation outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Goes on behind the current instruction. The stack has not moved.
    Next,
    /// Goes on where [`State::resume_pc`] and [`State::resume_base`] say.
    Reload,
    /// Begins the call that [`State::pending_call`] describes. [`Vm::frame_base`] is the caller's base.
    Call,
    /// Ends the operation whose callee has returned as [`State::returned`] says.
    Return,
    /// Leaves the interpreter; the results are those of the frame that was entered from Rust.
    Exit,
}

/// The end of an operation outside of the dispatch loop.
///
/// An operation never begins a call, nor ends that of another frame, by itself: it says so, and the dispatch loop does
/// it. So no operation needs to know what else may be called, and none recurses.
pub type Outcome = Result<Step, Signal>;

/// A call that is to begin: the callee lies in a slot, the slot behind it is reserved, the arguments follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PendingCall {
    /// The slot of the callee.
    pub callee: u32,
    /// The number of arguments.
    pub count: u32,
    /// The header of its frame, but for extra arguments.
    pub header: FrameHeader,
}

/// A callee that has returned.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Returned {
    /// The header of its frame, which the results may have overwritten.
    pub header: FrameHeader,
    /// The base of its caller.
    pub caller: u32,
    /// The slot of the first result.
    pub first: u32,
    /// The number of results.
    pub count: u32,
}

/// The last instruction that was traced for lines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Traced {
    /// The slot of its frame's base.
    pub base: u32,
    /// Its address.
    pub pc: *const u32,
    /// `changes` of [`Vm::hooks`] at that time.
    pub hook: u32,
}

/// What an engine that builds on the interpreter keeps for a Lua state. Each part casts its own pointer; where one thing is
/// several of them, they are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiers {
    /// What the engine's hooks work on.
    pub engine: *mut (),
    /// The compiler of functions, if there is one.
    pub functions: *mut (),
    /// The compiler of loops, if there is one.
    pub loops: *mut (),
}

impl Tiers {
    /// Those of the plain VM.
    pub const NONE: Tiers = Tiers::one(std::ptr::null_mut());

    /// An engine that is its only compiler.
    pub const fn one(engine: *mut ()) -> Tiers {
        Tiers { engine, functions: engine, loops: engine }
    }
}

/// The interpreter's own part of a Lua state.
pub struct State {
    /// The current instruction of the innermost Lua frame, kept up to date when something may look.
    pub(crate) pc: Cell<*const u32>,
    /// With [`Step::Reload`]: the instruction to go on with.
    pub(crate) resume_pc: Cell<*const u32>,
    /// With [`Step::Reload`]: the base of its frame.
    pub(crate) resume_base: Cell<u32>,
    /// With [`Step::Call`]: what is called.
    pub(crate) pending_call: Cell<PendingCall>,
    /// With [`Step::Return`]: what has returned.
    pub(crate) returned: Cell<Returned>,
    /// With [`Step::Exit`]: the number of results.
    pub(crate) exit_count: Cell<u32>,
    /// End of the last multiple result.
    pub(crate) top: Cell<u32>,
    /// Frames of Lua functions on the running stack.
    pub(crate) depth: Cell<u32>,
    /// Stack slots of the active to-be-closed variables, outermost first.
    pub(crate) closing: RefCell<Vec<u32>>,
    /// How often the program has changed a variable of a frame by its debug library: compiled code may have read it.
    pub(crate) local_changes: Cell<u64>,
    /// While a debug hook wants lines: where it was asked last.
    pub(crate) traced: Cell<Traced>,
    /// What an engine that builds on the interpreter keeps for this Lua state, and owns.
    pub(crate) tiers: Tiers,
    /// Whether it is said what the instance does ([`engine_api::VmState`]).
    pub(crate) tracks_states: bool,
}

/// Offset of [`State::top`] (u32).
pub const STATE_TOP_OFFSET: usize = std::mem::offset_of!(State, top);
/// Offset of the number of frames of Lua functions on the running stack (u32).
pub const STATE_DEPTH_OFFSET: usize = std::mem::offset_of!(State, depth);

impl State {
    /// The state of an interpreter that runs nothing.
    pub(crate) fn new(tiers: Tiers, tracks_states: bool) -> State {
        let header = FrameHeader::new(0, 0, Continuation::Entry, 0);
        State {
            pc: Cell::new(std::ptr::null()),
            resume_pc: Cell::new(std::ptr::null()),
            resume_base: Cell::new(0),
            exit_count: Cell::new(0),
            pending_call: Cell::new(PendingCall { callee: 0, count: 0, header }),
            returned: Cell::new(Returned { header, caller: 0, first: 0, count: 0 }),
            top: Cell::new(0),
            depth: Cell::new(0),
            closing: RefCell::new(Vec::new()),
            local_changes: Cell::new(0),
            traced: Cell::new(Traced { base: 0, pc: std::ptr::null(), hook: 0 }),
            tiers,
            tracks_states,
        }
    }

    /// How often the program has changed a variable of a frame by its debug library.
    #[inline(always)]
    pub fn local_changes(&self) -> u64 {
        self.local_changes.get()
    }

    /// With [`Step::Reload`]: the instruction to go on with.
    #[inline(always)]
    pub fn resume_pc(&self) -> *const u32 {
        self.resume_pc.get()
    }

    /// With [`Step::Reload`]: the base of its frame.
    #[inline(always)]
    pub fn resume_base(&self) -> u32 {
        self.resume_base.get()
    }

    /// Frames of Lua functions on the running stack.
    #[inline(always)]
    pub fn depth(&self) -> u32 {
        self.depth.get()
    }

    /// Sets their number.
    ///
    /// # Safety
    /// So many frames of Lua functions are on the running stack.
    #[inline(always)]
    pub unsafe fn set_depth(&self, depth: u32) {
        self.depth.set(depth);
    }

    /// What an engine that builds on the interpreter keeps for this Lua state, and owns.
    #[inline(always)]
    pub fn tiers(&self) -> Tiers {
        self.tiers
    }
}

/// The interpreter's part of a Lua state.
///
/// # Panics
/// If the state is another engine's.
#[inline(always)]
pub fn state(vm: &Vm) -> &State {
    vm.engine_state().get()
}

/// As [`state`], for what every call does.
///
/// # Safety
/// The state is of this engine, as it is where its dispatch loop runs.
#[inline(always)]
pub unsafe fn state_unchecked(vm: &Vm) -> &State {
    // SAFETY: as the caller says.
    unsafe { vm.engine_state().get_unchecked() }
}

/// As [`resume_at`], for an engine that builds on the interpreter.
///
/// # Safety
/// `base` must be the slot of the base of a frame of a Lua function on the running stack, and `pc` must point to the start of
/// an instruction of that function's verified code.
#[inline(always)]
pub unsafe fn resume(vm: &Vm, pc: *const u32, base: u32) -> Step {
    resume_at(vm, pc, base)
}

/// Says that the interpreter goes on at an instruction of the frame with this base.
#[inline(always)]
pub(crate) fn resume_at(vm: &Vm, pc: *const u32, base: u32) -> Step {
    let state = state(vm);
    state.resume_pc.set(pc);
    state.resume_base.set(base);
    Step::Reload
}

/// Says that a call is to begin. [`Vm::frame_base`] must be the caller's base.
#[inline]
pub(crate) fn begin_at(vm: &Vm, callee: u32, count: u32, header: FrameHeader) -> Step {
    state(vm).pending_call.set(PendingCall { callee, count, header });
    Step::Call
}

/// Says that a callee has returned.
#[inline]
pub(crate) fn return_at(vm: &Vm, returned: Returned) -> Step {
    state(vm).returned.set(returned);
    Step::Return
}

/// What the runtime keeps of a coroutine.
#[inline(always)]
pub(crate) fn fields<'a>(thread: Gc<Thread>) -> &'a Thread {
    // SAFETY: only this crate calls it, which keeps what is there as it finds it again.
    unsafe { thread.engine_fields() }
}
