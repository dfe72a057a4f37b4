//! The collector: precise, non-moving, stop-the-world mark and sweep.
//!
//! It runs only from `Vm::poll` and `Vm::collect`, never inside an allocation. Marking follows references from the
//! roots that `vm` lists; weak structures (interned strings, edges between shapes) are cleaned between marking and
//! sweeping. It knows every kind of object and nothing of any engine.

use super::finalizers::Finalizers;
use crate::heap::Heap;
use crate::heap::object::{Gc, Header, Kind};
use crate::objects::function::{Cell, Closure, Code, NativeFunction};
use crate::objects::marker::{Marker, WeakMode};
use crate::objects::shape::Shape;
use crate::objects::table::Table;
use crate::objects::thread::Thread;
use crate::objects::userdata::Userdata;

impl Marker {
    /// Ends the marking: queues the garbage that has finalisers, and cleans the weak tables.
    ///
    /// What only a finaliser will see again is gone from weak values before it runs, but stays as a weak key, so that the
    /// finaliser finds what belongs to the object.
    pub(crate) fn finish(&mut self, finalizers: &mut Finalizers) {
        self.reach_everything();
        let cleaned = self.weak.len();
        self.clear_dead_values(0);
        finalizers.separate(self);
        self.reach_everything();
        for index in 0..self.weak.len() {
            let (table, mode) = self.weak[index];
            if mode != WeakMode::Values {
                table.clear_dead_keys(self);
            }
        }
        self.clear_dead_values(cleaned);
        let weak = self.weak.iter().map(|(table, _)| *table);
        weak.chain(self.with_dead_entries.iter().copied()).for_each(Gc::<Table>::clear_dead_entries);
        for cache in &self.caches {
            // SAFETY: it was noted in this collection, by code that was reached and so stays, and nothing runs meanwhile.
            unsafe { cache.as_ref() }.forget_unmarked();
        }
    }

    /// Clears the dead values of the weak tables from the one with index `first` on.
    fn clear_dead_values(&mut self, first: usize) {
        for index in first..self.weak.len() {
            let (table, mode) = self.weak[index];
            if mode != WeakMode::Keys {
                table.clear_dead_values(self);
            }
        }
    }

    /// Follows references until nothing new is reached, ephemerons included.
    fn reach_everything(&mut self) {
        self.follow_all();
        // A value that an ephemeron's key keeps alive may make the key of another one live.
        loop {
            let mut reached = false;
            for index in 0..self.weak.len() {
                let (table, mode) = self.weak[index];
                if mode == WeakMode::Keys {
                    reached |= table.mark_values_of_live_keys(self);
                }
            }
            if !reached {
                break;
            }
            self.follow_all();
        }
    }

    fn follow_all(&mut self) {
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
                Kind::Userdata => object.cast::<Userdata>().trace(self),
                Kind::Native => {
                    let native = object.cast::<NativeFunction>();
                    for index in 0..native.upvalue_count() {
                        self.mark_value(native.upvalue(index));
                    }
                }
                // A chain holds what it names weakly.
                Kind::String | Kind::Chain => {}
                Kind::Free => unreachable!("`mark` does not push freed objects"),
            }
        }
    }
}

/// Frees every unmarked object and clears the marks of the others.
pub(crate) fn sweep(heap: &mut Heap) {
    heap.sweep_blocks(|heap, object| {
        let is_live = object.is_marked();
        if is_live {
            object.clear_mark();
        } else {
            // SAFETY: nothing has reached the object, and its cell is free from here on.
            unsafe { drop_object(heap, object) };
        }
        is_live
    });
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
            Kind::Userdata => object.cast::<Userdata>().drop_payload(heap),
            Kind::Shape => std::ptr::drop_in_place(object.cast::<Shape>().as_ptr()),
            Kind::String | Kind::Closure | Kind::Native | Kind::Cell | Kind::Chain => {}
            Kind::Free => unreachable!("free cells are skipped"),
        }
    }
}
