//! The engine's own state beside the `Vm`: the signal on its way, the current site, and the native stack.
//!
//! It knows nothing of nodes. The `Vm` points to it, and everybody who has a `Vm` of this engine gets it by [`state`].

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use lua_runtime::{Gc, Signal, Thread, Vm};

use crate::coroutine::Yielder;
use crate::debug_hook::{LastLine, NOWHERE};
use crate::frame::{NO_SITE, Raised, SiteId};
use crate::native_stack::Segments;

/// What the engine keeps for one instance.
pub(crate) struct State {
    /// The signal that a [`Raised`] stands for.
    pub(crate) signal: Cell<Signal>,
    /// Where the innermost function is, if it is a Lua function. Set on slow paths only.
    pub(crate) site: Cell<SiteId>,
    /// Where the statement is that leaves the scopes of to-be-closed variables. Each scope on the way reads it.
    pub(crate) leaving_site: Cell<SiteId>,
    /// Lua calls of the running coroutine that are now active.
    pub(crate) depth: Cell<u32>,
    /// Stack slots of the running coroutine's to-be-closed variables, outermost first.
    pub(crate) closing: RefCell<Vec<u32>>,
    /// The last statement that a debug hook was asked about.
    pub(crate) traced: Cell<LastLine>,
    /// How the running coroutine yields; `None` outside of all.
    pub(crate) yielder: Cell<Option<NonNull<Yielder>>>,
    /// Native stacks.
    pub(crate) segments: Segments,
}

impl State {
    /// The state of an instance that is about to start.
    pub(crate) fn new() -> State {
        State {
            signal: Cell::new(Signal::Fatal),
            site: Cell::new(NO_SITE),
            leaving_site: Cell::new(NO_SITE),
            depth: Cell::new(0),
            closing: RefCell::default(),
            traced: Cell::new(NOWHERE),
            yielder: Cell::new(None),
            segments: Segments::default(),
        }
    }

    /// Sends a signal on its way.
    pub(crate) fn raised(&self, signal: Signal) -> Raised {
        self.signal.set(signal);
        Raised
    }
}

/// The engine's state of an instance of this engine.
#[inline(always)]
pub(crate) fn state<'a>(vm: &Vm) -> &'a State {
    // SAFETY: every `Vm` that this engine's functions see was made with its hooks and a `State`, which lives as long as
    // the `Vm`, inside which everything runs that asks for it.
    unsafe { &*std::ptr::from_ref::<State>(vm.engine_state().get_unchecked()) }
}

/// What the runtime keeps of a coroutine.
#[inline(always)]
pub(crate) fn fields<'a>(thread: Gc<Thread>) -> &'a Thread {
    // SAFETY: only this crate calls it, which keeps what is there as it finds it again.
    unsafe { thread.engine_fields() }
}
