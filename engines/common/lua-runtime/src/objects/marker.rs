//! The mark phase as objects see it: what they refer to is marked, and weak tables are noted.
//!
//! How marking proceeds from object to object, and what follows it, is in `collector`.

use std::ptr::NonNull;

use super::inline_cache::InlineCache;
use super::string::LuaString;
use super::table::Table;
use crate::heap::object::{Gc, Header, Kind};
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
///
/// Only a collection makes one. Code of other crates has none of its own: with it, it could mark objects outside of a
/// collection, or put it in the place of the one that it is lent while it traces.
pub struct Marker {
    pub(crate) pending: Vec<Gc<Header>>,
    /// Weak tables that were reached, to be cleaned when marking has ended.
    pub(crate) weak: Vec<(Gc<Table>, WeakMode)>,
    /// Tables with keys that have lost their values: such a key keeps nothing alive.
    pub(crate) with_dead_entries: Vec<Gc<Table>>,
    /// Inline caches of code that was reached: they keep nothing alive, and forget what has gone.
    pub(crate) caches: Vec<NonNull<InlineCache>>,
    /// The string `__mode`, and what finds it in a metatable. A marker without it knows no weak tables.
    mode_name: Option<Gc<LuaString>>,
    seed: u64,
}

impl Marker {
    /// One that knows no weak tables.
    pub(crate) fn of_check() -> Marker {
        Marker {
            pending: Vec::new(),
            weak: Vec::new(),
            with_dead_entries: Vec::new(),
            caches: Vec::new(),
            mode_name: None,
            seed: 0,
        }
    }

    pub(crate) fn new(mode_name: Gc<LuaString>, seed: u64) -> Marker {
        Marker {
            pending: Vec::new(),
            weak: Vec::new(),
            with_dead_entries: Vec::new(),
            caches: Vec::new(),
            mode_name: Some(mode_name),
            seed,
        }
    }

    /// The weak mode that a metatable asks for.
    pub(crate) fn weak_mode(&self, metatable: Gc<Table>) -> Option<WeakMode> {
        let mode = metatable.get_string(self.mode_name?, self.seed).as_string()?;
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

    /// Notes an inline cache, which lives at least until the collection has ended.
    pub(crate) fn note_cache(&mut self, cache: &InlineCache) {
        self.caches.push(NonNull::from(cache));
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

    /// What was reached and is still to be followed, strings excepted.
    pub(crate) fn reached(&self) -> &[Gc<Header>] {
        &self.pending
    }
}
