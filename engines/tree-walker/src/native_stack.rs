//! The native stack in segments, so that Lua code may recurse deeper than a thread's stack allows.
//!
//! Lua calls and deeply nested expressions recurse in Rust. Each place that can recurse without a bound asks whether
//! the running segment has room left ([`Segments::is_low`]) and, if not, goes on on a fresh one. Segments are kept for
//! the next time. A recursion that swings around the end of a segment switches each time it crosses it; that costs a
//! few nanoseconds, since the segment comes from the pool. This file knows nothing of Lua.

use std::cell::{Cell, RefCell};

use corosensei::stack::{DefaultStack, Stack, StackPointer};

/// Size of a segment. Memory that is never touched costs address space only.
const SEGMENT_BYTES: usize = 1 << 20;
/// Room that is left when a segment counts as used up: for native functions, for the nodes between two checks, and
/// for a collection.
const RED_ZONE_BYTES: usize = 128 << 10;
/// Size of the stack on which chunks are parsed and compiled: enough for a tree of the greatest height.
const COMPILER_STACK_BYTES: usize = 16 << 20;
/// Segments that are kept when they are not used; more go back to the system.
const SPARE_SEGMENTS: usize = 8;

/// The segments of one instance.
pub(crate) struct Segments {
    /// Below this address the running segment counts as used up. At first every address is: the stack on which the
    /// host calls has an unknown size, so the first Lua function gets a segment.
    limit: Cell<usize>,
    spare: RefCell<Vec<DefaultStack>>,
    compiler: RefCell<Option<DefaultStack>>,
}

impl Default for Segments {
    fn default() -> Segments {
        Segments { limit: Cell::new(usize::MAX), spare: RefCell::default(), compiler: RefCell::default() }
    }
}

/// The system gave no memory for a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSegment;

impl Segments {
    /// Whether the running segment is used up.
    #[inline(always)]
    pub(crate) fn is_low(&self) -> bool {
        // The address of any local variable says how far the native stack has grown.
        let here = 0u8;
        (&raw const here).addr() < self.limit.get()
    }

    /// Runs `work` on a fresh segment.
    ///
    /// # Errors
    /// [`NoSegment`]; nothing was run then.
    pub(crate) fn on_new_segment<R>(&self, work: impl FnOnce() -> R) -> Result<R, NoSegment> {
        let spare = self.spare.borrow_mut().pop();
        let mut segment = match spare {
            Some(segment) => segment,
            None => DefaultStack::new(SEGMENT_BYTES).map_err(|_| NoSegment)?,
        };
        let result = self.run_on(&mut segment, work);
        let mut spare = self.spare.borrow_mut();
        if spare.len() < SPARE_SEGMENTS {
            spare.push(segment);
        }
        Ok(result)
    }

    /// Runs `work` on a stack that is large enough for parsing and compiling any chunk.
    ///
    /// # Errors
    /// As [`Segments::on_new_segment`].
    pub(crate) fn on_compiler_stack<R>(&self, work: impl FnOnce() -> R) -> Result<R, NoSegment> {
        let kept = self.compiler.take();
        let mut stack = match kept {
            Some(stack) => stack,
            None => DefaultStack::new(COMPILER_STACK_BYTES).map_err(|_| NoSegment)?,
        };
        let result = self.run_on(&mut stack, work);
        self.compiler.replace(Some(stack));
        Ok(result)
    }

    fn run_on<R>(&self, segment: &mut DefaultStack, work: impl FnOnce() -> R) -> R {
        let outer_limit = self.limit.replace(segment.limit().get() + RED_ZONE_BYTES);
        let result = corosensei::on_stack(Borrowed(segment), work);
        self.limit.set(outer_limit);
        result
    }
}

/// A stack that goes back to its owner after use.
struct Borrowed<'a>(&'a mut DefaultStack);

// SAFETY: all answers are those of a `DefaultStack`, which is a valid stack and outlives this value.
unsafe impl Stack for Borrowed<'_> {
    fn base(&self) -> StackPointer {
        self.0.base()
    }

    fn limit(&self) -> StackPointer {
        self.0.limit()
    }

    #[cfg(windows)]
    fn teb_fields(&self) -> corosensei::stack::StackTebFields {
        self.0.teb_fields()
    }

    #[cfg(windows)]
    fn update_teb_fields(&mut self, stack_limit: usize, guaranteed_stack_bytes: usize) {
        self.0.update_teb_fields(stack_limit, guaranteed_stack_bytes);
    }
}

#[cfg(test)]
mod tests;
