//! Inline caches of field accesses with a constant name.
//!
//! An entry says what an access meant for tables of one shape (see ARCHITECTURE.md, "Shapes and inline caches"). The
//! newest entry is in the node; up to three more are behind a pointer, where they take turns to be replaced. This file
//! knows tables and shapes, not nodes; nothing here runs Lua code.

use std::cell::{Cell, OnceCell};

use lua_runtime::collect::Marker;
use lua_runtime::meta::MetaEvent;
use lua_runtime::shape::Shape;
use lua_runtime::{Gc, LuaString, Signal, Table, Value, Vm};

/// Entries besides the first.
const FURTHER_ENTRIES: usize = 3;
/// Links of `__index` that an entry walks through at most.
const MAX_CHAIN: usize = 16;
/// After this many misses an access counts as megamorphic, and learns from one miss in as many only.
const LEARNING_MISSES: u32 = 64;

/// What an access to a table of the entry's shape does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The entry is empty.
    Empty,
    /// The table's own slot. If that is nil, a metamethod may have a say.
    Own,
    /// The table's own slot, in tables without metatable.
    OwnPlain,
    /// The slot of a table behind `__index`, while the epoch is the entry's.
    Holder,
    /// There is no such field, in tables without metatable.
    Absent,
    /// There is no such field here and none behind `__index`, while the epoch is the entry's.
    AbsentInChain,
    /// A store adds a slot and leads to another shape, while the epoch is the entry's.
    Add,
}

/// One entry.
struct Entry {
    shape: Cell<Option<Gc<Shape>>>,
    /// The table behind `__index`.
    holder: Cell<Option<Gc<Table>>>,
    /// The shape after an addition.
    target: Cell<Option<Gc<Shape>>>,
    epoch: Cell<u32>,
    slot: Cell<u32>,
    kind: Cell<Kind>,
}

impl Entry {
    fn empty() -> Entry {
        Entry {
            shape: Cell::new(None),
            holder: Cell::new(None),
            target: Cell::new(None),
            epoch: Cell::new(0),
            slot: Cell::new(0),
            kind: Cell::new(Kind::Empty),
        }
    }

    fn copy_from(&self, learned: &Entry) {
        self.shape.set(learned.shape.get());
        self.holder.set(learned.holder.get());
        self.target.set(learned.target.get());
        self.epoch.set(learned.epoch.get());
        self.slot.set(learned.slot.get());
        self.kind.set(learned.kind.get());
    }

    fn trace(&self, marker: &mut Marker) {
        if let Some(shape) = self.shape.get() {
            marker.mark(shape.header());
        }
        if let Some(holder) = self.holder.get() {
            marker.mark(holder.header());
        }
        if let Some(target) = self.target.get() {
            marker.mark(target.header());
        }
    }

    /// The field of a table of the entry's shape; `None` if the slow path must decide.
    #[inline(always)]
    fn load(&self, vm: &Vm, table: Gc<Table>) -> Option<Value> {
        match self.kind.get() {
            Kind::Own => Some(table.slot(self.slot.get())).filter(|value| !value.is_nil()),
            Kind::OwnPlain => Some(table.slot(self.slot.get())),
            Kind::Holder => {
                let holder = self.holder.get().filter(|_| self.epoch.get() == vm.shapes.proto_epoch)?;
                Some(holder.slot(self.slot.get())).filter(|value| !value.is_nil())
            }
            Kind::Absent => Some(Value::NIL),
            Kind::AbsentInChain if self.epoch.get() == vm.shapes.proto_epoch => Some(Value::NIL),
            Kind::AbsentInChain | Kind::Add | Kind::Empty => None,
        }
    }

    /// Stores into a table of the entry's shape; `false` if the slow path must do it.
    #[inline(always)]
    fn store(&self, vm: &mut Vm, table: Gc<Table>, value: Value) -> Result<bool, Signal> {
        match self.kind.get() {
            Kind::Own | Kind::OwnPlain => {
                let slot = self.slot.get();
                // Where the field was nil, the store may be a metamethod's business, or a structural change.
                if table.slot(slot).is_nil() && (self.kind.get() == Kind::Own || table.is_marked()) {
                    return Ok(false);
                }
                table.set_slot(&mut vm.heap, slot, value);
                Ok(true)
            }
            Kind::Add => {
                if self.epoch.get() != vm.shapes.proto_epoch || value.is_nil() || table.is_marked() {
                    return Ok(false);
                }
                match self.target.get() {
                    Some(target) => table.add_cached_slot(&mut vm.heap, target, value)?,
                    None => return Ok(false),
                }
                Ok(true)
            }
            Kind::Holder | Kind::Absent | Kind::AbsentInChain | Kind::Empty => Ok(false),
        }
    }
}

/// The cache of one access.
pub(crate) struct FieldCache {
    first: Entry,
    further: OnceCell<Box<[Entry; FURTHER_ENTRIES]>>,
    misses: Cell<u32>,
    learns: bool,
}

impl FieldCache {
    /// A cache that knows nothing yet, and never will unless it `learns`.
    pub(crate) fn new(learns: bool) -> FieldCache {
        FieldCache { first: Entry::empty(), further: OnceCell::new(), misses: Cell::new(0), learns }
    }

    /// Marks the shapes and tables of the entries.
    pub(crate) fn trace(&self, marker: &mut Marker) {
        self.first.trace(marker);
        for entry in self.further.get().into_iter().flat_map(|entries| entries.iter()) {
            entry.trace(marker);
        }
    }

    /// The field, if the first entry knows it.
    #[inline(always)]
    pub(crate) fn load(&self, vm: &Vm, object: Value) -> Option<Value> {
        let table = object.as_table()?;
        if self.first.shape.get() == Some(table.shape()) { self.first.load(vm, table) } else { None }
    }

    /// The field, if one of the other entries knows it.
    pub(crate) fn load_further(&self, vm: &Vm, table: Gc<Table>) -> Option<Value> {
        self.further.get()?.iter().find(|entry| entry.shape.get() == Some(table.shape()))?.load(vm, table)
    }

    /// Stores, if the first entry knows how.
    #[inline(always)]
    pub(crate) fn store(&self, vm: &mut Vm, object: Value, value: Value) -> Result<bool, Signal> {
        match object.as_table() {
            Some(table) if self.first.shape.get() == Some(table.shape()) => self.first.store(vm, table, value),
            _ => Ok(false),
        }
    }

    /// Stores, if one of the other entries knows how.
    pub(crate) fn store_further(&self, vm: &mut Vm, table: Gc<Table>, value: Value) -> Result<bool, Signal> {
        let entries = self.further.get().map(|entries| entries.iter());
        match entries.and_then(|mut entries| entries.find(|entry| entry.shape.get() == Some(table.shape()))) {
            Some(entry) => entry.store(vm, table, value),
            None => Ok(false),
        }
    }

    /// Counts a miss. Says whether to learn from it.
    fn should_learn(&self) -> bool {
        let misses = self.misses.get().wrapping_add(1);
        self.misses.set(misses);
        self.learns && (misses < LEARNING_MISSES || misses.is_multiple_of(LEARNING_MISSES))
    }

    /// Puts a new entry first: what was seen last is what will be seen next, above all when the shape seen before was
    /// only a step on the way of a growing table.
    fn add(&self, learned: &Entry) {
        let replaces = |entry: &Entry| entry.shape.get().is_none() || entry.shape.get() == learned.shape.get();
        if !replaces(&self.first) {
            let further = self.further.get_or_init(|| Box::new(std::array::from_fn(|_| Entry::empty())));
            let oldest = self.misses.get() as usize % FURTHER_ENTRIES;
            further.iter().find(|entry| replaces(entry)).unwrap_or(&further[oldest]).copy_from(&self.first);
        }
        self.first.copy_from(learned);
    }

    /// Learns what a load of `key` from `table` means.
    pub(crate) fn learn_load(&self, vm: &Vm, table: Gc<Table>, key: Gc<LuaString>) {
        if self.should_learn()
            && let Some(entry) = load_entry(vm, table, key)
        {
            self.add(&entry);
        }
    }

    /// Learns what a store to `key` that has just been made meant for tables of shape `before`, which `table` had.
    pub(crate) fn learn_store(&self, vm: &Vm, table: Gc<Table>, key: Gc<LuaString>, before: Gc<Shape>) {
        if self.should_learn()
            && let Some(entry) = store_entry(vm, table, key, before)
        {
            self.add(&entry);
        }
    }
}

fn entry(vm: &Vm, shape: Gc<Shape>, kind: Kind, slot: u32) -> Entry {
    let entry = Entry::empty();
    entry.shape.set(Some(shape));
    entry.kind.set(kind);
    entry.slot.set(slot);
    entry.epoch.set(vm.shapes.proto_epoch);
    entry
}

fn load_entry(vm: &Vm, table: Gc<Table>, key: Gc<LuaString>) -> Option<Entry> {
    let shape = table.shape();
    if shape.is_dictionary() {
        return None;
    }
    let is_plain = shape.metatable().is_none() && !shape.is_poly();
    match shape.slot_of(key) {
        Some(slot) if is_plain => Some(entry(vm, shape, Kind::OwnPlain, slot)),
        Some(slot) if !table.slot(slot).is_nil() => Some(entry(vm, shape, Kind::Own, slot)),
        // A field that is nil here may be found behind `__index`, but another table of the shape may have it.
        Some(_) => None,
        None if is_plain => Some(entry(vm, shape, Kind::Absent, 0)),
        None if shape.is_poly() => None,
        None => chain_entry(vm, table, key),
    }
}

/// The entry for a field that `table` itself does not have. Every table that the lookup passes is marked, so that a
/// change of its structure raises the epoch.
fn chain_entry(vm: &Vm, table: Gc<Table>, key: Gc<LuaString>) -> Option<Entry> {
    let mut link = table;
    for _ in 0..MAX_CHAIN {
        let Some(metatable) = link.metatable() else {
            return Some(entry(vm, table.shape(), Kind::AbsentInChain, 0));
        };
        // Metatables are marked since they became metatables.
        let handler = vm.metamethod_in(metatable, MetaEvent::Index);
        if handler.is_nil() {
            return Some(entry(vm, table.shape(), Kind::AbsentInChain, 0));
        }
        link = handler.as_table()?;
        link.mark_as_prototype();
        if link.shape().is_dictionary() {
            return None;
        }
        if let Some(slot) = link.shape().slot_of(key)
            && !link.slot(slot).is_nil()
        {
            let learned = entry(vm, table.shape(), Kind::Holder, slot);
            learned.holder.set(Some(link));
            return Some(learned);
        }
    }
    None
}

fn store_entry(vm: &Vm, table: Gc<Table>, key: Gc<LuaString>, before: Gc<Shape>) -> Option<Entry> {
    let after = table.shape();
    if key.is_meta_key() || after.is_dictionary() || before.is_dictionary() {
        return None;
    }
    let slot = after.slot_of(key)?;
    if before == after {
        let is_plain = after.metatable().is_none() && !after.is_poly();
        return Some(entry(vm, after, if is_plain { Kind::OwnPlain } else { Kind::Own }, slot));
    }
    let has_grown_by_key = slot == before.slot_count() && after.slot_count() == slot + 1;
    if !has_grown_by_key || after.is_poly() || table.is_marked() {
        return None;
    }
    // Without `__newindex` now, and a metatable that gets one raises the epoch.
    if let Some(metatable) = before.metatable()
        && !vm.metamethod_in(metatable, MetaEvent::NewIndex).is_nil()
    {
        return None;
    }
    let learned = entry(vm, before, Kind::Add, slot);
    learned.target.set(Some(after));
    Some(learned)
}
