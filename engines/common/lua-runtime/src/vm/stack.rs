//! The value stack of the running coroutine: its slots, and how it grows.
//!
//! What the slots mean is the engine's affair. The stack of a coroutine that does not run is in its object.

use std::ptr::NonNull;

use super::Vm;
use super::signal::Signal;
use crate::heap::OutOfMemory;
use crate::objects::thread::{allocate_stack, free_stack};
use crate::value::{Tag, Value};

/// Slots above the limit that the handling of a "stack overflow" may use.
pub(super) const OVERFLOW_RESERVE_SLOTS: u32 = 2000;

impl Vm {
    /// Slot 0 of the running stack. Valid until the stack grows.
    #[inline(always)]
    pub fn stack(&self) -> *mut Value {
        self.stack.as_ptr()
    }

    /// The stack's capacity in slots.
    #[inline(always)]
    pub fn stack_capacity(&self) -> u32 {
        self.stack_capacity
    }

    /// The address behind the last slot of the running stack.
    #[inline(always)]
    pub fn stack_end(&self) -> *const Value {
        self.stack_end
    }

    /// The value in a stack slot.
    ///
    /// # Panics
    /// If the slot is not below the capacity.
    #[inline(always)]
    pub fn slot(&self, slot: u32) -> Value {
        assert!(slot < self.stack_capacity, "a slot above the stack");
        // SAFETY: the slot is inside the stack, and every slot holds a value.
        unsafe { self.stack.add(slot as usize).read() }
    }

    /// Writes a stack slot of the innermost frame or above it, the two below its base among them, where results go.
    ///
    /// # Panics
    /// If the slot is another frame's or not below the capacity, or a frame header would take the place of the frame's own.
    #[inline(always)]
    pub fn set_slot(&mut self, slot: u32, value: Value) {
        if slot < self.frame_base {
            assert!(slot + 2 >= self.frame_base, "a slot of another frame");
            assert!(value.tag != Tag::Frame, "a frame header as a value");
        }
        // SAFETY: what is here belongs to the frame of the library function that runs. The engine makes each header anew
        // that such a function may have overwritten.
        unsafe { self.set_any_slot(slot, value) }
    }

    /// Writes result `index` (from 0) of the library function that runs: they lie from the lowest slot of its frame on.
    ///
    /// # Panics
    /// If it is not below the capacity, or a frame header would take the place of the frame's own.
    #[inline(always)]
    pub(crate) fn set_own_result(&mut self, index: u32, value: Value) {
        assert!(index != 1 || value.tag != Tag::Frame, "a frame header as a value");
        // SAFETY: as in `set_slot`. Without a frame there is no such slot.
        unsafe { self.set_any_slot(self.frame_base.wrapping_sub(2).wrapping_add(index), value) }
    }

    /// Writes a stack slot.
    ///
    /// # Panics
    /// If the slot is not below the capacity.
    ///
    /// # Safety
    /// No frame relies on what was in the slot.
    #[inline(always)]
    pub unsafe fn set_any_slot(&mut self, slot: u32, value: Value) {
        assert!(slot < self.stack_capacity, "a slot above the stack");
        // SAFETY: the slot is inside the stack.
        unsafe { self.stack.add(slot as usize).write(value) }
    }

    /// Makes sure that slots below `needed` exist. The one place where a stack moves.
    ///
    /// # Errors
    /// [`Signal::Error`] with "stack overflow" past the limit, [`Signal::Memory`].
    #[inline(always)]
    pub fn ensure_stack(&mut self, needed: u32) -> Result<(), Signal> {
        if needed <= self.stack_capacity { Ok(()) } else { self.grow_stack(needed) }
    }

    /// Whether `count` more slots from `top` on, and what a library function may use above them, are within the limit.
    pub fn has_stack_room(&self, top: u32, count: u64) -> bool {
        let above = u64::from(2 + super::native::NATIVE_FREE_SLOTS);
        count <= u64::from(self.limits.stack_slots).saturating_sub(u64::from(top) + above)
    }

    #[cold]
    #[inline(never)]
    fn grow_stack(&mut self, needed: u32) -> Result<(), Signal> {
        let limit = self.limits.stack_slots;
        let most = limit.saturating_add(OVERFLOW_RESERVE_SLOTS);
        if needed > most {
            return Err(self.raise_overflow());
        }
        if needed > self.thread.fields().allocated.get() {
            let doubled = self.stack_capacity.saturating_mul(2).min(limit);
            self.move_stack(if needed > limit { most } else { needed.max(doubled) })?;
        }
        let capacity = if needed > limit { needed } else { self.thread.fields().allocated.get().min(limit) };
        for slot in self.stack_capacity..capacity {
            // SAFETY: the slot is inside the allocation. Collections have not looked at it, so it may hold anything.
            unsafe { self.stack.add(slot as usize).write(Value::NIL) };
        }
        self.set_stack(self.stack, capacity);
        self.thread.fields().capacity.set(capacity);
        // The overflow is an error as soon as the regular room is used up; the reserve is for handling it.
        if needed > limit { Err(self.raise_overflow()) } else { Ok(()) }
    }

    /// The running stack is this one, of so many slots.
    #[inline]
    pub(super) fn set_stack(&mut self, stack: NonNull<Value>, capacity: u32) {
        self.stack = stack;
        self.stack_capacity = capacity;
        self.stack_end = stack.as_ptr().wrapping_add(capacity as usize);
        if self.frame_limit != u32::MAX {
            self.update_frame_gate();
        }
    }

    /// Frames of compiled code may lie below this slot of the running stack, and below its end: the frame gate of the interrupt tells them.
    /// `u32::MAX` if nobody asks the frame gate. Gives what was set before, for whoever sets it for a while.
    #[inline]
    pub fn set_frame_limit(&mut self, slot: u32) -> u32 {
        let before = std::mem::replace(&mut self.frame_limit, slot);
        self.update_frame_gate();
        before
    }

    /// What [`Vm::set_frame_limit`] has set.
    #[inline]
    pub fn frame_limit(&self) -> u32 {
        self.frame_limit
    }

    #[inline]
    fn update_frame_gate(&mut self) {
        let limit = self.stack.as_ptr().wrapping_add(self.frame_limit.min(self.stack_capacity) as usize);
        // Most limits are above the end of the stack, and what another thread may look at is not written for nothing. Another Lua
        // state may have had the same interrupt in the meantime.
        if limit.addr() != self.interrupt.limit() {
            self.interrupt.set_limit(limit.addr());
        }
    }

    /// Moves the running stack to an allocation of so many slots.
    fn move_stack(&mut self, slots: u32) -> Result<(), OutOfMemory> {
        let stack = allocate_stack(&mut self.heap, slots)?;
        let thread = self.thread.fields();
        // SAFETY: both stacks have at least the old capacity; the old one came from `allocate_stack` and is not used
        // again, since nothing keeps a pointer into a stack across this function.
        unsafe {
            stack.copy_from_nonoverlapping(self.stack, self.stack_capacity as usize);
            free_stack(&mut self.heap, self.stack, thread.allocated.get());
        }
        thread.stack.set(stack);
        thread.allocated.set(slots);
        self.set_stack(stack, self.stack_capacity);
        Ok(())
    }

    /// After an error was caught: takes the room back in which a stack overflow was handled, so that the next one is
    /// found at the same limit. The stack does not move.
    pub(super) fn end_overflow(&mut self) {
        let limit = self.limits.stack_slots;
        if self.stack_capacity > limit && self.frame_base < limit - OVERFLOW_RESERVE_SLOTS.min(limit) {
            self.set_stack(self.stack, limit);
            self.thread.fields().capacity.set(limit);
        }
    }
}
