//! Coroutines as heap objects: each owns a value stack.
//!
//! The running coroutine's stack is mirrored in [`crate::vm::Vm`]; the object's own fields hold it while the coroutine
//! does not run. What the slots mean, and how control passes from one coroutine to another, is the engine's affair (see
//! ARCHITECTURE.md, "Stacks, frames and calls"); what the program sees is in the library.

use std::alloc::Layout;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

use super::marker::Marker;
use crate::heap::object::{Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::Value;

/// Slots of a new stack.
pub(crate) const FIRST_STACK_SLOTS: u32 = 64;

/// Where a coroutine is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadStatus {
    /// Its function has not been called yet: it lies in slot 0.
    Fresh,
    /// It has yielded.
    Yielded,
    /// It runs.
    Running,
    /// It has resumed another coroutine, which has not come back yet.
    Normal,
    /// Its function has returned, or it was closed.
    Finished,
    /// An error has ended it: [`Thread::error`].
    Failed,
}

impl ThreadStatus {
    /// Whether it can be resumed.
    pub fn is_suspended(self) -> bool {
        matches!(self, ThreadStatus::Fresh | ThreadStatus::Yielded)
    }

    /// The word of `coroutine.status`.
    pub fn name(self) -> &'static str {
        match self {
            ThreadStatus::Fresh | ThreadStatus::Yielded => "suspended",
            ThreadStatus::Running => "running",
            ThreadStatus::Normal => "normal",
            ThreadStatus::Finished | ThreadStatus::Failed => "dead",
        }
    }
}

/// Which events call a coroutine's hook, which is in the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HookMask {
    /// Calls of functions.
    pub calls: bool,
    /// Returns from functions.
    pub returns: bool,
    /// New lines.
    pub lines: bool,
    /// Every so many instructions; 0 for never.
    pub count: u32,
}

impl HookMask {
    /// Whether no event calls it.
    pub fn is_empty(self) -> bool {
        self == HookMask::default()
    }
}

/// A coroutine. Everything but the status is kept up to date only while it does not run.
#[repr(C)]
pub struct Thread {
    header: Header,
    pub(crate) stack: Cell<NonNull<Value>>,
    /// Slots that may be used.
    pub(crate) capacity: Cell<u32>,
    /// Slots that there are.
    pub(crate) allocated: Cell<u32>,
    /// First slot above the innermost frame.
    pub top: Cell<u32>,
    /// Where it is in its life.
    pub status: Cell<ThreadStatus>,
    /// [`crate::vm::Vm::frame_base`] of this coroutine.
    pub frame_base: Cell<u32>,
    /// While it runs: [`crate::vm::Vm::native_depth`] when it was resumed. Only at that depth can it yield.
    pub native_depth: Cell<u32>,
    /// While it runs: the protected calls of its resumers. While it does not: its own.
    pub protected_depth: Cell<u32>,
    /// As `protected_depth`, of [`crate::vm::Vm::metamethod_depth`].
    pub metamethod_depth: Cell<u32>,
    /// [`crate::vm::Vm::handler_slot`] of this coroutine.
    pub handler_slot: Cell<u32>,
    /// Who has resumed it, while it runs or has resumed another.
    pub resumer: Cell<Option<Gc<Thread>>>,
    /// Which events call its hook; always up to date.
    pub hook: Cell<HookMask>,
    /// Instructions until the next [`crate::vm::debug_library::HookEvent::Count`]; always up to date.
    pub instructions_left: Cell<u32>,
    /// The value of the error that has ended it.
    pub error: Cell<Value>,
    /// The engine's: frames of Lua functions.
    pub depth: Cell<u32>,
    /// The engine's: where the innermost frame is.
    pub position: Cell<*const ()>,
    /// The engine's: stack slots of the active to-be-closed variables, outermost first.
    pub closing: RefCell<Vec<u32>>,
    /// The engine's: the native stack of the coroutine, if the engine gives it one.
    pub native_stack: RefCell<Option<Box<dyn Any>>>,
    /// Memory that the heap counts for the native stack, in bytes.
    native_stack_bytes: Cell<u64>,
}

impl Gc<Thread> {
    pub(crate) fn allocate(heap: &mut Heap) -> Result<Gc<Thread>, OutOfMemory> {
        let stack = allocate_stack(heap, FIRST_STACK_SLOTS)?;
        let thread = heap.allocate(
            0,
            Thread {
                header: Header::new(Kind::Thread, 0, 0, 0),
                stack: Cell::new(stack),
                capacity: Cell::new(FIRST_STACK_SLOTS),
                allocated: Cell::new(FIRST_STACK_SLOTS),
                top: Cell::new(0),
                status: Cell::new(ThreadStatus::Fresh),
                frame_base: Cell::new(0),
                native_depth: Cell::new(0),
                protected_depth: Cell::new(0),
                metamethod_depth: Cell::new(0),
                handler_slot: Cell::new(0),
                resumer: Cell::new(None),
                hook: Cell::new(HookMask::default()),
                instructions_left: Cell::new(0),
                error: Cell::new(Value::NIL),
                depth: Cell::new(0),
                position: Cell::new(std::ptr::null()),
                closing: RefCell::new(Vec::new()),
                native_stack: RefCell::new(None),
                native_stack_bytes: Cell::new(0),
            },
        );
        if thread.is_err() {
            // SAFETY: allocated just above with this number of slots.
            unsafe { free_stack(heap, stack, FIRST_STACK_SLOTS) };
        }
        thread
    }

    /// What is known of it, to be changed. The reference is as good as the `Gc`: it must not be kept across a poll.
    ///
    /// # Safety
    /// The caller is the engine, which believes what is here when the coroutine goes on.
    #[inline(always)]
    pub unsafe fn engine_fields<'a>(self) -> &'a Thread {
        self.fields()
    }

    /// Where it is in its life.
    pub fn status(self) -> ThreadStatus {
        self.fields().status.get()
    }

    /// Who has resumed it, while it runs or has resumed another.
    pub fn resumer(self) -> Option<Gc<Thread>> {
        self.fields().resumer.get()
    }

    /// The engine's: where the innermost frame is.
    pub fn position(self) -> *const () {
        self.fields().position.get()
    }

    /// Which events call its hook.
    pub fn hook(self) -> HookMask {
        self.fields().hook.get()
    }

    /// What is known of it.
    #[inline(always)]
    pub(crate) fn fields<'a>(self) -> &'a Thread {
        // SAFETY: the object is live (see `Gc`), and nobody has it mutably: what changes in it is in cells.
        unsafe { &*self.as_ptr() }
    }

    /// Gives the coroutine, which has none, a native stack for which the heap counts `bytes`.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the native stack is dropped then.
    ///
    /// # Safety
    /// The caller is the engine, which knows its type.
    pub unsafe fn set_native_stack(self, heap: &mut Heap, stack: Box<dyn Any>, bytes: u64) -> Result<(), OutOfMemory> {
        heap.account(bytes)?;
        let fields = self.fields();
        fields.native_stack.replace(Some(stack));
        fields.native_stack_bytes.set(bytes);
        Ok(())
    }

    /// Takes the native stack away, if there is one: the coroutine will not run any more.
    ///
    /// # Safety
    /// Nothing runs on it.
    pub unsafe fn release_native_stack(self, heap: &mut Heap) {
        let fields = self.fields();
        drop(fields.native_stack.take());
        heap.unaccount(fields.native_stack_bytes.take());
    }

    /// Marks the values below the top and sets every reference above it to nil, so that none survives the objects that
    /// this collection frees. What is no reference stays: above the top of the innermost frame are registers that it does
    /// not use now, and compiled code may know what number is there.
    pub(crate) fn trace(self, marker: &mut Marker) {
        let fields = self.fields();
        marker.mark_value(fields.error.get());
        if let Some(resumer) = fields.resumer.get() {
            marker.mark(resumer.header());
        }
        for slot in 0..fields.capacity.get() {
            // SAFETY: the slot is inside the stack, and every slot holds a value (`allocate_stack` fills it).
            unsafe {
                let slot_pointer = fields.stack.get().add(slot as usize);
                if slot < fields.top.get() {
                    marker.mark_value(slot_pointer.read());
                } else if slot_pointer.read().as_object().is_some() {
                    slot_pointer.write(Value::NIL);
                }
            }
        }
    }

    /// The value in a slot of a coroutine that does not run.
    pub fn slot(self, slot: u32) -> Value {
        let fields = self.fields();
        assert!(slot < fields.capacity.get(), "a slot of no stack");
        // SAFETY: the slot is inside the stack, and every slot holds a value.
        unsafe { fields.stack.get().add(slot as usize).read() }
    }

    /// Shows every slot of the stack, and whether it is below the top.
    pub(crate) fn for_each_slot(self, mut visit: impl FnMut(Value, bool)) {
        let fields = self.fields();
        for slot in 0..fields.capacity.get() {
            // SAFETY: the slot is inside the stack, and every slot holds a value.
            visit(unsafe { fields.stack.get().add(slot as usize).read() }, slot < fields.top.get());
        }
    }

    /// # Safety
    /// The thread is dead and its memory is about to be reused.
    pub(crate) unsafe fn drop_parts(self, heap: &mut Heap) {
        // SAFETY: it is dead.
        unsafe { self.release_native_stack(heap) };
        let (stack, allocated) = (self.fields().stack.get(), self.fields().allocated.get());
        // SAFETY: the stack was allocated with this number of slots and dies with the thread, whose fields are not used
        // again.
        unsafe {
            free_stack(heap, stack, allocated);
            std::ptr::drop_in_place(self.as_ptr());
        }
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
