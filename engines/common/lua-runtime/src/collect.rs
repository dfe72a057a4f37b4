//! The collector: precise, non-moving, stop-the-world mark and sweep.
//!
//! It runs only from `Vm::poll` and `Vm::collect`, never inside an allocation. Marking follows references from the
//! roots that `vm` lists; weak structures (interned strings, edges between shapes) are cleaned between marking and
//! sweeping. It knows every kind of object and nothing of any engine.

use crate::function::{Cell, Closure, Code, NativeFunction};
use crate::heap::Heap;
use crate::object::{Gc, Header, Kind};
use crate::shape::Shape;
use crate::table::Table;
use crate::thread::Thread;
use crate::value::Value;

/// The mark phase: objects reached but not yet followed.
#[derive(Default)]
pub struct Marker {
    pending: Vec<Gc<Header>>,
}

impl Marker {
    /// Marks an object.
    #[inline]
    pub fn mark(&mut self, object: Gc<Header>) {
        // SAFETY: the object is live: it was reached from a root.
        let header = unsafe { &mut *object.as_ptr() };
        debug_assert!(header.kind != Kind::Free, "a freed object was reached");
        if header.mark == 0 {
            header.mark = 1;
            if header.kind != Kind::String {
                self.pending.push(object);
            }
        }
    }

    /// Marks what a value refers to.
    #[inline]
    pub fn mark_value(&mut self, value: Value) {
        if let Some(object) = value.as_object() {
            self.mark(object);
        }
    }

    /// Follows references until nothing new is reached.
    pub(crate) fn finish(&mut self) {
        while let Some(object) = self.pending.pop() {
            self.follow(object);
        }
    }

    fn follow(&mut self, object: Gc<Header>) {
        // SAFETY: the kind says what the object is.
        unsafe {
            match object.kind() {
                Kind::Table => object.cast::<Table>().trace(self),
                Kind::Closure => {
                    let closure = object.cast::<Closure>();
                    self.mark(closure.code().header());
                    for index in 0..closure.cell_count() {
                        self.mark(closure.cell(index).header());
                    }
                }
                Kind::Cell => self.mark_value(object.cast::<Cell>().get()),
                Kind::Shape => object.cast::<Shape>().trace(self),
                Kind::Code => object.cast::<Code>().trace(self),
                Kind::Thread => object.cast::<Thread>().trace(self),
                Kind::Native => {
                    let native = object.cast::<NativeFunction>();
                    for index in 0..native.upvalue_count() {
                        self.mark_value(native.upvalue(index));
                    }
                }
                Kind::String => {}
                Kind::Free => unreachable!("`mark` does not push freed objects"),
            }
        }
    }
}

/// Frees every unmarked object and clears the marks of the others.
pub(crate) fn sweep(heap: &mut Heap) {
    let blocks = std::mem::take(&mut heap.blocks);
    for block in &blocks {
        for cell in block.cells() {
            // SAFETY: every cell of a block starts with a header; live kinds are whole objects.
            unsafe {
                if (*cell).kind == Kind::Free {
                    continue;
                }
                if (*cell).mark != 0 {
                    (*cell).mark = 0;
                } else {
                    let object = Gc::new(std::ptr::NonNull::new_unchecked(cell));
                    drop_object(heap, object);
                    heap.free_cell(cell, block.cell_bytes);
                }
            }
        }
    }
    heap.blocks = blocks;
    heap.rebuild_free_lists();
    let mut large = std::mem::take(&mut heap.large);
    large.retain(|&(object, bytes)| {
        // SAFETY: large objects on the list are live until they are taken off it here.
        unsafe {
            let live = (*object.as_ptr()).mark != 0;
            if live {
                (*object.as_ptr()).mark = 0;
            } else {
                drop_object(heap, Gc::new(object));
                heap.free_large(object, bytes);
            }
            live
        }
    });
    heap.large = large;
}

/// Frees everything, when an instance ends.
pub(crate) fn free_all(heap: &mut Heap) {
    // Nothing is marked, so everything goes.
    sweep(heap);
    heap.release_all();
}

/// Frees what an object owns outside its own memory.
///
/// # Safety
/// The object is dead and its memory is about to be reused.
unsafe fn drop_object(heap: &mut Heap, object: Gc<Header>) {
    // SAFETY: the kind says what the object is; it is dead, as the caller says.
    unsafe {
        match object.kind() {
            Kind::Table => object.cast::<Table>().drop_parts(heap),
            Kind::Thread => object.cast::<Thread>().drop_parts(heap),
            Kind::Code => object.cast::<Code>().drop_data(heap),
            Kind::Shape => std::ptr::drop_in_place(object.cast::<Shape>().as_ptr()),
            Kind::String | Kind::Closure | Kind::Native | Kind::Cell => {}
            Kind::Free => unreachable!("free cells are skipped"),
        }
    }
}
