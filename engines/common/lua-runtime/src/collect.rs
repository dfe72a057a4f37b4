//! The collector: precise, non-moving, stop-the-world mark and sweep.
//!
//! It runs only from `Vm::poll` and `Vm::collect`, never inside an allocation. Marking follows references from the
//! roots that `vm` lists; weak structures (interned strings, edges between shapes) are cleaned between marking and
//! sweeping. It knows every kind of object and nothing of any engine.

use crate::chain::Chain;
use crate::finalize::Finalizers;
use crate::function::{Cell, Closure, Code, NativeFunction};
use crate::heap::Heap;
use crate::object::{Gc, Header, Kind};
use crate::shape::Shape;
use crate::string::LuaString;
use crate::table::Table;
use crate::thread::Thread;
use crate::userdata::Userdata;
use crate::value::Value;

/// What a table's `__mode` keeps from being marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeakMode {
    /// `"v"`: an entry goes when its value does.
    Values,
    /// `"k"`: an entry goes when its key does, and its value lives only through its key (an ephemeron).
    Keys,
    /// `"kv"`: an entry goes when either does.
    Both,
}

/// The mark phase: objects reached but not yet followed.
pub struct Marker {
    pending: Vec<Gc<Header>>,
    /// Weak tables that were reached, to be cleaned when marking has ended.
    weak: Vec<(Gc<Table>, WeakMode)>,
    /// Tables with keys that have lost their values: such a key keeps nothing alive.
    with_dead_entries: Vec<Gc<Table>>,
    /// The string `__mode`, and what finds it in a metatable.
    mode_name: Gc<LuaString>,
    seed: u64,
}

impl Marker {
    pub(crate) fn new(mode_name: Gc<LuaString>, seed: u64) -> Marker {
        Marker { pending: Vec::new(), weak: Vec::new(), with_dead_entries: Vec::new(), mode_name, seed }
    }

    /// The weak mode that a metatable asks for.
    pub(crate) fn weak_mode(&self, metatable: Gc<Table>) -> Option<WeakMode> {
        let mode = metatable.get_string(self.mode_name, self.seed).as_string()?;
        match (mode.bytes().contains(&b'k'), mode.bytes().contains(&b'v')) {
            (false, false) => None,
            (false, true) => Some(WeakMode::Values),
            (true, false) => Some(WeakMode::Keys),
            (true, true) => Some(WeakMode::Both),
        }
    }

    /// Notes a weak table that was reached.
    pub(crate) fn note_weak(&mut self, table: Gc<Table>, mode: WeakMode) {
        self.weak.push((table, mode));
    }

    /// Notes a table that was reached and has keys without values.
    pub(crate) fn note_dead_entries(&mut self, table: Gc<Table>) {
        self.with_dead_entries.push(table);
    }

    /// Whether a value may stay in a weak table: strings and what is no object count as values, which never go.
    pub(crate) fn is_live(&mut self, value: Value) -> bool {
        match value.as_object() {
            Some(object) if object.kind() == Kind::String => {
                self.mark(object);
                true
            }
            Some(object) => object.is_marked(),
            None => true,
        }
    }

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

    /// What was reached and is still to be followed, strings excepted.
    pub(crate) fn reached(&self) -> &[Gc<Header>] {
        &self.pending
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
                Kind::Chain => object.cast::<Chain>().trace(self),
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
            Kind::Userdata => object.cast::<Userdata>().drop_payload(heap),
            Kind::Shape => std::ptr::drop_in_place(object.cast::<Shape>().as_ptr()),
            Kind::String | Kind::Closure | Kind::Native | Kind::Cell | Kind::Chain => {}
            Kind::Free => unreachable!("free cells are skipped"),
        }
    }
}
