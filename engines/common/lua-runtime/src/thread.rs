//! Coroutines as heap objects: each owns a value stack.
//!
//! The running coroutine's stack is mirrored in [`crate::vm::Vm`]; the object's own fields hold it while the coroutine
//! does not run. What the slots mean is the engine's affair (see ARCHITECTURE.md, "Stacks, frames and calls").

use std::alloc::Layout;
use std::ptr::NonNull;

use crate::collect::Marker;
use crate::heap::{Heap, OutOfMemory};
use crate::object::{Gc, Header, Kind};
use crate::value::Value;

/// Slots of a new stack.
pub(crate) const FIRST_STACK_SLOTS: u32 = 64;

/// A coroutine.
#[repr(C)]
pub struct Thread {
    header: Header,
    pub(crate) stack: NonNull<Value>,
    pub(crate) capacity: u32,
    /// First slot above the innermost frame. Kept up to date only while the coroutine does not run.
    pub(crate) top: u32,
}

impl Gc<Thread> {
    pub(crate) fn allocate(heap: &mut Heap) -> Result<Gc<Thread>, OutOfMemory> {
        let stack = allocate_stack(heap, FIRST_STACK_SLOTS)?;
        let header = Header::new(Kind::Thread, 0, 0, 0);
        let thread = heap.allocate(0, Thread { header, stack, capacity: FIRST_STACK_SLOTS, top: 0 });
        if thread.is_err() {
            // SAFETY: allocated just above with this number of slots.
            unsafe { free_stack(heap, stack, FIRST_STACK_SLOTS) };
        }
        thread
    }

    /// A reference for the length of one operation; nothing else touches the thread meanwhile.
    pub(crate) fn fields<'a>(self) -> &'a mut Thread {
        // SAFETY: the object is live (see `Gc`), and callers use the reference for single loads and stores only.
        unsafe { &mut *self.as_ptr() }
    }

    /// Marks the values below the top and sets everything above it to nil, so that no stale reference survives the
    /// objects that this collection frees.
    pub(crate) fn trace(self, marker: &mut Marker) {
        let fields = self.fields();
        for slot in 0..fields.capacity {
            // SAFETY: the slot is inside the stack, and every slot holds a value (`allocate_stack` fills it).
            unsafe {
                let slot_pointer = fields.stack.add(slot as usize);
                if slot < fields.top {
                    marker.mark_value(slot_pointer.read());
                } else {
                    slot_pointer.write(Value::NIL);
                }
            }
        }
    }

    /// # Safety
    /// The thread is dead and its memory is about to be reused.
    pub(crate) unsafe fn drop_parts(self, heap: &mut Heap) {
        let fields = self.fields();
        // SAFETY: the stack was allocated with this number of slots and dies with the thread.
        unsafe { free_stack(heap, fields.stack, fields.capacity) };
    }
}

/// A stack whose slots are all nil.
pub(crate) fn allocate_stack(heap: &mut Heap, slots: u32) -> Result<NonNull<Value>, OutOfMemory> {
    let stack = heap.allocate_buffer(stack_layout(slots)?)?.cast::<Value>();
    for slot in 0..slots {
        // SAFETY: the slot is inside the allocation.
        unsafe { stack.add(slot as usize).write(Value::NIL) };
    }
    Ok(stack)
}

/// # Safety
/// `stack` must come from [`allocate_stack`] with the same number of slots.
pub(crate) unsafe fn free_stack(heap: &mut Heap, stack: NonNull<Value>, slots: u32) {
    let layout = stack_layout(slots).expect("it was allocated with this layout");
    // SAFETY: as the caller says.
    unsafe { heap.free_buffer(stack.cast(), layout) };
}

fn stack_layout(slots: u32) -> Result<Layout, OutOfMemory> {
    Layout::array::<Value>(slots as usize).map_err(|_| OutOfMemory)
}
