//! The one flag that every engine polls at back-edges and calls.
//!
//! Bits are set by the host's timer thread (stop requests) or by the instance itself (collection wanted, finalisers waiting). An engine
//! sees "zero or not" on its fast path and sorts out the bits on its slow path.
//!
//! Beside the bits there is a *frame gate*, for engines that have to compare an address with a limit where they poll: one comparison does
//! both, since the gate is the limit as long as no bit is set, and 0 otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

/// A shared word of request bits, and beside it ticks of the host and what the instance is doing. Cloning shares all.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<Shared>);

#[derive(Debug, Default)]
#[repr(C)]
struct Shared {
    bits: AtomicU32,
    frame_gate: AtomicUsize,
    /// What the gate is while no bit is set. Only the engine's thread looks.
    limit: AtomicUsize,
    ticks: AtomicU32,
    state: AtomicU8,
}

/// How long a request of another thread waits before it closes the gate once more.
const SETTLING_TIME: Duration = Duration::from_millis(1);

/// Distance from [`Interrupt::word`] to the gate (a pointer's size).
pub const FRAME_GATE_OFFSET: usize = std::mem::offset_of!(Shared, frame_gate);

const _: () = assert!(std::mem::offset_of!(Shared, bits) == 0);

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

    /// The host's time between two samples of a profile has passed.
    pub fn tick(&self) {
        self.0.ticks.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether there was a tick since the last time that somebody took them.
    #[inline]
    pub fn has_ticked(&self) -> bool {
        self.0.ticks.load(Ordering::Relaxed) != 0
    }

    /// The ticks since then.
    pub fn take_ticks(&self) -> u32 {
        self.0.ticks.swap(0, Ordering::Relaxed)
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

    /// A flag with no bit set, and a gate that nothing passes.
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Sets `bits`. The engine sees them at its next poll. For other threads than the engine's; takes a millisecond.
    pub fn request(&self, bits: u32) {
        self.request_here(bits);
        // The engine may just be about to set a limit, without having seen the bits: a barrier there would cost each switch of a
        // coroutine more than the switch. Its store is under way for far less than this, and what it sets later it sets with the
        // bits in sight.
        std::thread::sleep(SETTLING_TIME);
        if self.bits() & bits != 0 {
            self.0.frame_gate.store(0, Ordering::SeqCst);
        }
    }

    /// As [`Interrupt::request`], for the engine's own thread.
    pub fn request_here(&self, bits: u32) {
        self.0.bits.fetch_or(bits, Ordering::SeqCst);
        self.0.frame_gate.store(0, Ordering::SeqCst);
    }

    /// Clears `bits`. For the engine's thread.
    pub fn clear(&self, bits: u32) {
        self.0.bits.fetch_and(!bits, Ordering::SeqCst);
        self.set_limit(self.0.limit.load(Ordering::Relaxed));
    }

    /// Sets what the gate is while no bit is set. For the engine's thread.
    #[inline]
    pub fn set_limit(&self, limit: usize) {
        self.0.limit.store(limit, Ordering::Relaxed);
        self.0.frame_gate.store(limit, Ordering::Relaxed);
        if self.bits() != 0 {
            self.0.frame_gate.store(0, Ordering::Relaxed);
        }
    }

    /// What [`Interrupt::set_limit`] has set.
    #[inline]
    pub fn limit(&self) -> usize {
        self.0.limit.load(Ordering::Relaxed)
    }

    /// The bits now set.
    #[inline]
    pub fn bits(&self) -> u32 {
        self.0.bits.load(Ordering::Relaxed)
    }

    /// The word itself, at an address that does not change while any clone lives, for engines that poll it directly. The gate is at
    /// [`FRAME_GATE_OFFSET`] from it.
    pub fn word(&self) -> &AtomicU32 {
        &self.0.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame_gate(interrupt: &Interrupt) -> usize {
        interrupt.0.frame_gate.load(Ordering::SeqCst)
    }

    #[test]
    fn the_gate_is_the_limit_while_no_bit_is_set() {
        let interrupt = Interrupt::new();
        assert_eq!(frame_gate(&interrupt), 0);
        interrupt.set_limit(1000);
        assert_eq!(frame_gate(&interrupt), 1000);
        interrupt.request_here(Interrupt::COLLECT | Interrupt::HOOK);
        assert_eq!(frame_gate(&interrupt), 0);
        interrupt.set_limit(2000);
        assert_eq!(frame_gate(&interrupt), 0);
        interrupt.clear(Interrupt::COLLECT);
        assert_eq!((frame_gate(&interrupt), interrupt.bits()), (0, Interrupt::HOOK));
        interrupt.clear(Interrupt::HOOK);
        assert_eq!((frame_gate(&interrupt), interrupt.bits()), (2000, 0));
    }

    #[test]
    fn a_request_of_another_thread_always_closes_the_gate() {
        let interrupt = Interrupt::new();
        for _ in 0..200 {
            let requester = interrupt.clone();
            let thread = std::thread::spawn(move || requester.request(Interrupt::STOP_REQUEST));
            for limit in 1..20 {
                interrupt.set_limit(limit);
            }
            thread.join().unwrap();
            assert_eq!(frame_gate(&interrupt), 0);
            interrupt.clear(Interrupt::STOP_REQUEST);
        }
    }
}
