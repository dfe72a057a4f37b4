//! The native stack in segments, so that Lua code may recurse deeper than a thread's stack allows, and the stacks on
//! which coroutines run.
//!
//! Lua calls and deeply nested expressions recurse in Rust. Each place that can recurse without a bound asks whether
//! the running segment has room left ([`Segments::is_low`]) and, if not, goes on on a fresh one. Segments are kept for
//! the next time. A recursion that swings around the end of a segment switches each time it crosses it; that costs a
//! few nanoseconds, since the segment comes from the pool.
//!
//! A segment in use belongs to [`Segments`], never to a native frame: a coroutine that is dropped while it waits loses
//! its frames without their destructors (see `coroutine`). This file knows nothing of Lua. Unix only: where the system
//! keeps the bounds of the running stack itself, waiting inside of a segment would need more.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use corosensei::stack::{DefaultStack, Stack, StackPointer};

/// Size of a segment. Memory that is never touched costs address space only.
const SEGMENT_BYTES: usize = 1 << 20;
/// Size of the stack on which a coroutine starts; deep recursion in it goes on on segments. Small, since a program may
/// have tens of thousands of them, and address space may be limited.
const COROUTINE_STACK_BYTES: usize = 96 << 10;
/// Room that is left when a stack counts as used up: for native functions, for the nodes between two checks, and for a
/// collection. Pattern matching takes most, 36 KiB where it gives up as too complex; all else stays below 16.
const RED_ZONE_BYTES: usize = 64 << 10;
/// Size of the stack on which chunks are parsed and compiled: enough for the deepest nesting that the parser lets through,
/// with chains in it that are just too short to be cut.
const COMPILER_STACK_BYTES: usize = 64 << 20;
/// Segments that are kept when they are not used; more go back to the system.
const SPARE_SEGMENTS: usize = 8;
/// Coroutine stacks that are kept when they are not used. A collection may free many at once, and the program is likely
/// to want as many again.
const SPARE_COROUTINE_STACKS: usize = 256;
/// Address space that is let go when the system gives none for a stack, so that the program can go on with the error:
/// the allocator of Rust's own collections would end the process.
const RESERVE_BYTES: usize = 32 << 20;

/// The system gave no memory for a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoStack;

/// Stacks that wait for their next use.
#[derive(Default)]
pub(crate) struct StackPool {
    segments: RefCell<Vec<DefaultStack>>,
    coroutine_stacks: RefCell<Vec<DefaultStack>>,
    /// Of [`RESERVE_BYTES`], once there are coroutines.
    reserve: RefCell<Option<DefaultStack>>,
}

impl StackPool {
    /// A stack for a coroutine.
    ///
    /// # Errors
    /// [`NoStack`].
    pub(crate) fn coroutine_stack(&self) -> Result<DefaultStack, NoStack> {
        if let Some(stack) = self.coroutine_stacks.borrow_mut().pop() {
            return Ok(stack);
        }
        let mut reserve = self.reserve.borrow_mut();
        if reserve.is_none() {
            *reserve = Some(new_stack(RESERVE_BYTES)?);
        }
        new_stack(COROUTINE_STACK_BYTES).inspect_err(|NoStack| *reserve = None)
    }

    /// Takes back the stack of a coroutine.
    pub(crate) fn give_back_coroutine_stack(&self, stack: DefaultStack) {
        give_back(&self.coroutine_stacks, stack, SPARE_COROUTINE_STACKS);
    }

    fn give_back_segment(&self, segment: DefaultStack) {
        give_back(&self.segments, segment, SPARE_SEGMENTS);
    }
}

fn new_stack(size_bytes: usize) -> Result<DefaultStack, NoStack> {
    DefaultStack::new(size_bytes).map_err(|_| NoStack)
}

fn give_back(spare: &RefCell<Vec<DefaultStack>>, stack: DefaultStack, limit: usize) {
    let mut spare = spare.borrow_mut();
    if spare.len() < limit {
        spare.push(stack);
    }
}

/// What is used of the native stack by one coroutine, or by the code outside of all.
pub(crate) struct StackInUse {
    /// Below this address the running stack counts as used up. At first every address does: the stack on which the host
    /// calls has an unknown size, so the first Lua function gets a segment.
    limit: Cell<usize>,
    /// The segments that are used beside the stack on which it began, the outermost first.
    segments: RefCell<Vec<DefaultStack>>,
}

impl StackInUse {
    /// That of a coroutine which begins on `stack`.
    pub(crate) fn of_coroutine(stack: &DefaultStack) -> StackInUse {
        StackInUse { limit: Cell::new(soft_limit(stack)), segments: RefCell::default() }
    }

    /// Gives back the segments, whose frames are gone.
    pub(crate) fn release(&self, pool: &StackPool) {
        for segment in self.segments.borrow_mut().drain(..) {
            pool.give_back_segment(segment);
        }
    }
}

/// The address below which a stack counts as used up.
fn soft_limit(stack: &DefaultStack) -> usize {
    stack.limit().get() + RED_ZONE_BYTES
}

/// The native stack of one instance.
pub(crate) struct Segments {
    running: StackInUse,
    compiler: RefCell<Option<DefaultStack>>,
    pool: Rc<StackPool>,
}

impl Default for Segments {
    fn default() -> Segments {
        let running = StackInUse { limit: Cell::new(usize::MAX), segments: RefCell::default() };
        Segments { running, compiler: RefCell::default(), pool: Rc::default() }
    }
}

impl Segments {
    /// Whether the running stack is used up.
    #[inline(always)]
    pub(crate) fn is_low(&self) -> bool {
        // The address of any local variable says how far the native stack has grown.
        let here = 0u8;
        (&raw const here).addr() < self.running.limit.get()
    }

    /// The stacks that are not used now.
    pub(crate) fn pool(&self) -> &Rc<StackPool> {
        &self.pool
    }

    /// Exchanges what is used by the running coroutine for what is used by the one that runs next.
    #[inline(always)]
    pub(crate) fn exchange(&self, other: &StackInUse) {
        self.running.limit.swap(&other.limit);
        let (mut running, mut other) = (self.running.segments.borrow_mut(), other.segments.borrow_mut());
        // A coroutine has none as long as the stack on which it began is enough.
        if !running.is_empty() || !other.is_empty() {
            std::mem::swap(&mut *running, &mut *other);
        }
    }

    /// Runs `work` on a fresh segment.
    ///
    /// # Errors
    /// [`NoStack`]; nothing was run then.
    pub(crate) fn on_new_segment<R>(&self, work: impl FnOnce() -> R) -> Result<R, NoStack> {
        let spare = self.pool.segments.borrow_mut().pop();
        let segment = spare.map_or_else(|| new_stack(SEGMENT_BYTES), Ok)?;
        let (bounds, limit) = (Bounds::of(&segment), soft_limit(&segment));
        self.running.segments.borrow_mut().push(segment);
        let result = self.run_on(bounds, limit, work);
        // A coroutine in `work` has put its own segments away again, so the last one is that which was pushed.
        if let Some(segment) = self.running.segments.borrow_mut().pop() {
            self.pool.give_back_segment(segment);
        }
        Ok(result)
    }

    /// Runs `work`, which must not run Lua code, on a stack that is large enough for parsing and compiling any chunk.
    ///
    /// # Errors
    /// As [`Segments::on_new_segment`].
    pub(crate) fn on_compiler_stack<R>(&self, work: impl FnOnce() -> R) -> Result<R, NoStack> {
        let kept = self.compiler.take();
        let stack = kept.map_or_else(|| new_stack(COMPILER_STACK_BYTES), Ok)?;
        let result = self.run_on(Bounds::of(&stack), soft_limit(&stack), work);
        self.compiler.replace(Some(stack));
        Ok(result)
    }

    fn run_on<R>(&self, bounds: Bounds, limit: usize, work: impl FnOnce() -> R) -> R {
        let outer_limit = self.running.limit.replace(limit);
        let result = corosensei::on_stack(bounds, work);
        self.running.limit.set(outer_limit);
        result
    }
}

/// The bounds of a stack that somebody else owns.
struct Bounds {
    base: StackPointer,
    limit: StackPointer,
}

impl Bounds {
    fn of(stack: &DefaultStack) -> Bounds {
        Bounds { base: stack.base(), limit: stack.limit() }
    }
}

// SAFETY: the bounds are those of a `DefaultStack`, which has a guard page and the smallest size; `Segments`, whose
// functions alone make this value, keeps the stack until the code on it has ended.
unsafe impl Stack for Bounds {
    fn base(&self) -> StackPointer {
        self.base
    }

    fn limit(&self) -> StackPointer {
        self.limit
    }
}

#[cfg(test)]
mod tests;
