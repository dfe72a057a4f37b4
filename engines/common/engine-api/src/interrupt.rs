//! The one flag that every engine polls at back-edges and calls.
//!
//! Bits are set by the host's timer thread (stop requests) or by the instance itself (collection wanted, finalisers waiting). An engine
//! sees "zero or not" on its fast path and sorts out the bits on its slow path.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// A shared word of request bits, and beside it what the instance is doing. Cloning shares both.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    requests: AtomicU32,
    state: AtomicU8,
}

/// What an instance is doing, for whoever looks from outside while it runs. Engines say it if they were started with
/// `profile=states`; nothing but compiling and collecting is said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum VmState {
    /// It interprets, or runs a library function that the interpreter has called.
    Interpreting,
    /// It runs compiled code.
    Compiled,
    /// It runs a function of the runtime that compiled code has called.
    Helper,
    /// It compiles.
    Compiling,
    /// It collects garbage.
    Collecting,
}

impl VmState {
    /// Every state, by its number.
    pub const ALL: [VmState; 5] =
        [VmState::Interpreting, VmState::Compiled, VmState::Helper, VmState::Compiling, VmState::Collecting];

    /// Its name for people and results.
    pub fn name(self) -> &'static str {
        match self {
            VmState::Interpreting => "interpreting",
            VmState::Compiled => "compiled code",
            VmState::Helper => "runtime helper",
            VmState::Compiling => "compiling",
            VmState::Collecting => "collecting garbage",
        }
    }
}

impl Interrupt {
    /// The host's time limit has passed.
    pub const STOP_TIME: u32 = 1;
    /// Somebody asked the run to end.
    pub const STOP_REQUEST: u32 = 2;
    /// The heap wants a collection at the next poll.
    pub const COLLECT: u32 = 4;
    /// A debug hook is set.
    pub const HOOK: u32 = 8;
    /// Finalisers wait to be called at the next poll.
    pub const FINALIZE: u32 = 16;

    /// What one tick adds to the word: ticks are counted in its upper half, where no request is.
    const TICK: u32 = 1 << 16;

    /// The host's time between two samples of a profile has passed. Whoever profiles sees it at the next poll.
    pub fn tick(&self) {
        let more = |word: u32| word.checked_add(Interrupt::TICK);
        // Nobody has looked for a minute: what is counted is enough.
        let _full = self.0.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// The ticks since the last time that somebody asked.
    pub fn take_ticks(&self) -> u32 {
        self.0.requests.fetch_and(Interrupt::TICK - 1, Ordering::Relaxed) / Interrupt::TICK
    }

    /// What the instance is doing.
    pub fn state(&self) -> VmState {
        VmState::ALL[usize::from(self.0.state.load(Ordering::Relaxed)) % VmState::ALL.len()]
    }

    /// Says what the instance does from now on; gives what it did.
    #[inline]
    pub fn set_state(&self, state: VmState) -> VmState {
        let before = self.state();
        self.0.state.store(state as u8, Ordering::Relaxed);
        before
    }

    /// A flag with no bit set.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Sets `bits`. The engine sees them at its next poll.
    pub fn request(&self, bits: u32) {
        self.0.requests.fetch_or(bits, Ordering::Relaxed);
    }

    /// Clears `bits`.
    pub fn clear(&self, bits: u32) {
        self.0.requests.fetch_and(!bits, Ordering::Relaxed);
    }

    /// The bits now set.
    #[inline]
    pub fn bits(&self) -> u32 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// The word itself, at an address that does not change while any clone lives, for engines that poll it directly.
    pub fn word(&self) -> &AtomicU32 {
        &self.0.requests
    }
}
