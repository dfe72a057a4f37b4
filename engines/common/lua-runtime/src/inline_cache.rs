//! Inline caches: what an access to a field by a name has meant, for receivers of one shape. One for all engines.
//!
//! An [`InlineCache`] belongs to one place in the program and one key. It has up to four entries. The newest is the
//! first: interpreters try it inline, compiled code reads it as data. Past four shapes, and for keys that are no
//! constants, the *state cache* of the whole instance answers, by shape and key. What none of them knows is looked up in
//! full, and learned. A place that keeps missing learns less often (back-off), but never stops, so that it finds its way
//! when the program enters another phase.
//!
//! What an entry may rely on is in ARCHITECTURE.md, "Shapes and inline caches", and in `chain`. This file knows tables
//! and shapes, no engine; nothing here runs Lua code. What needs a metamethod is a [`Miss`] of `operate`.

use std::cell::{Cell, OnceCell};

use engine_api::Counter;

use crate::chain::Chain;
use crate::collect::Marker;
use crate::heap::OutOfMemory;
use crate::meta::MetaEvent;
use crate::object::{Gc, Header};
use crate::operate::Miss;
use crate::shape::Shape;
use crate::string::LuaString;
use crate::table::Table;
use crate::value::Value;
use crate::vm::Vm;

/// Entries of a cache besides the first.
pub const FURTHER_ENTRIES: usize = 3;
/// Links of `__index` that are looked through for an entry.
const MAX_CHAIN: usize = 16;
/// After so many misses a place learns from one miss in as many only.
const LEARNING_MISSES: u32 = 64;
/// One in so many hits of a further entry makes it the first.
const PROMOTING_HITS: u32 = 16;
/// Entries of the state cache, for loads and for stores each.
const STATE_ENTRIES: usize = 1024;

/// What an entry says of an access to receivers of its shape. The number is part of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CacheKind {
    /// The field is the receiver's own. Where it is nil, a load gives nil and a store writes only if the entry's chain
    /// holds; without a chain the full lookup decides.
    Own = 0,
    /// A load: the field is the holder's, while the chain holds. Where it is nil, the full lookup decides.
    Holder = 1,
    /// A load: there is no such field, while the chain holds.
    Absent = 2,
    /// As [`CacheKind::Holder`], for receivers with a metatable of their own: the chain begins behind it.
    PolyHolder = 3,
    /// As [`CacheKind::Absent`], for receivers with a metatable of their own.
    PolyAbsent = 4,
    /// A store: the receiver gets the field as a new last slot, while the chain holds.
    Add = 5,
}

/// What a lookup has found out about receivers of one shape: the content of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// The receivers' shape.
    pub shape: Gc<Shape>,
    /// What it says.
    pub kind: CacheKind,
    /// The slot in the receiver or holder.
    pub slot: u16,
    /// What it depends on. Always there but for [`CacheKind::Own`].
    pub chain: Option<Gc<Chain>>,
    /// The second object: the holder, or the shape after an addition.
    target: Option<Gc<Header>>,
}

impl Lookup {
    fn new(shape: Gc<Shape>, kind: CacheKind, slot: u32, chain: Option<Gc<Chain>>) -> Option<Lookup> {
        Some(Lookup { shape, kind, slot: u16::try_from(slot).ok()?, chain, target: None })
    }

    /// The table that has the field.
    pub fn holder(&self) -> Option<Gc<Table>> {
        let has_holder = matches!(self.kind, CacheKind::Holder | CacheKind::PolyHolder);
        // SAFETY: lookups of these kinds are made with a table.
        self.target.filter(|_| has_holder).map(|target| unsafe { target.cast() })
    }

    /// The shape after an addition.
    pub fn shape_after(&self) -> Option<Gc<Shape>> {
        // SAFETY: lookups of this kind are made with a shape.
        self.target.filter(|_| self.kind == CacheKind::Add).map(|target| unsafe { target.cast() })
    }

    /// The field of a receiver of the shape; `None` if the full lookup must decide.
    #[inline]
    fn load(&self, receiver: Gc<Table>) -> Option<Value> {
        let holds = || self.chain.is_some_and(|chain| chain.holds_for(receiver));
        match self.kind {
            CacheKind::Own => {
                let value = receiver.slot(self.slot.into());
                (!value.is_nil() || holds()).then_some(value)
            }
            CacheKind::Holder | CacheKind::PolyHolder => {
                let holder = self.holder().filter(|_| holds())?;
                Some(holder.slot(self.slot.into())).filter(|value| !value.is_nil())
            }
            CacheKind::Absent | CacheKind::PolyAbsent => holds().then_some(Value::NIL),
            CacheKind::Add => None,
        }
    }

    /// Stores into a receiver of the shape; `false` if the full store must do it.
    fn store(&self, vm: &mut Vm, receiver: Gc<Table>, value: Value) -> Result<bool, OutOfMemory> {
        let holds = || self.chain.is_some_and(|chain| chain.holds_for(receiver)) && !receiver.is_marked();
        match self.kind {
            CacheKind::Own => {
                let slot = u32::from(self.slot);
                if receiver.slot(slot).is_nil() && !holds() {
                    return Ok(false);
                }
                receiver.set_slot(&mut vm.heap, slot, value);
                Ok(true)
            }
            CacheKind::Add => match self.shape_after() {
                Some(after) if !value.is_nil() && holds() => {
                    receiver.add_cached_slot(&mut vm.heap, after, value)?;
                    Ok(true)
                }
                _ => Ok(false),
            },
            CacheKind::Holder | CacheKind::Absent | CacheKind::PolyHolder | CacheKind::PolyAbsent => Ok(false),
        }
    }
}

/// An entry: a [`Lookup`] in the layout that compiled code reads.
#[repr(C)]
pub struct CacheEntry {
    shape: Cell<Option<Gc<Shape>>>,
    target: Cell<Option<Gc<Header>>>,
    chain: Cell<Option<Gc<Chain>>>,
    /// The slot in the lower half, the kind above it: a field of the receiver's own is one compare.
    place: Cell<u32>,
    /// In the first entry of a cache: how often it did not know the field. In a further one: how often it was the one
    /// that did, since an entry was learned or became the first.
    count: Cell<u32>,
}

/// Offset of the receivers' shape (null in an empty entry) in an entry.
pub const ENTRY_SHAPE_OFFSET: usize = 0;
/// Offset of the holder or the shape after an addition.
pub const ENTRY_TARGET_OFFSET: usize = 8;
/// Offset of the chain (null for none).
pub const ENTRY_CHAIN_OFFSET: usize = 16;
/// Offset of the field's slot (u16).
pub const ENTRY_SLOT_OFFSET: usize = 24;
/// Offset of the [`CacheKind`] (u8).
pub const ENTRY_KIND_OFFSET: usize = 26;
/// Size of an entry.
pub const ENTRY_BYTES: usize = 32;

/// The cache of one place in the program for one key.
#[repr(C)]
pub struct InlineCache {
    first: CacheEntry,
    further: OnceCell<Box<[CacheEntry; FURTHER_ENTRIES]>>,
    key: Option<Gc<LuaString>>,
}

/// Offset in a cache of the pointer to the entries behind the first (null for none).
pub const CACHE_FURTHER_OFFSET: usize = 32;
/// Size of a cache.
pub const CACHE_BYTES: usize = 48;

const _: () = {
    assert!(std::mem::offset_of!(CacheEntry, shape) == ENTRY_SHAPE_OFFSET);
    assert!(std::mem::offset_of!(CacheEntry, target) == ENTRY_TARGET_OFFSET);
    assert!(std::mem::offset_of!(CacheEntry, chain) == ENTRY_CHAIN_OFFSET);
    assert!(std::mem::offset_of!(CacheEntry, place) == ENTRY_SLOT_OFFSET);
    assert!(ENTRY_KIND_OFFSET == ENTRY_SLOT_OFFSET + 2 && cfg!(target_endian = "little"));
    assert!(size_of::<CacheEntry>() == ENTRY_BYTES);
    assert!(std::mem::offset_of!(InlineCache, first) == 0);
    assert!(std::mem::offset_of!(InlineCache, further) == CACHE_FURTHER_OFFSET);
    assert!(size_of::<OnceCell<Box<[CacheEntry; FURTHER_ENTRIES]>>>() == 8);
    assert!(size_of::<InlineCache>() == CACHE_BYTES);
};

impl CacheEntry {
    fn empty() -> CacheEntry {
        CacheEntry {
            shape: Cell::new(None),
            target: Cell::new(None),
            chain: Cell::new(None),
            place: Cell::new(0),
            count: Cell::new(0),
        }
    }

    /// What the entry says; `None` if it is empty.
    #[inline]
    fn get(&self) -> Option<Lookup> {
        let (chain, target) = (self.chain.get(), self.target.get());
        Some(Lookup { shape: self.shape.get()?, kind: self.kind(), slot: self.slot(), chain, target })
    }

    fn set(&self, lookup: Lookup) {
        self.shape.set(Some(lookup.shape));
        self.target.set(lookup.target);
        self.chain.set(lookup.chain);
        self.place.set(u32::from(lookup.slot) | (lookup.kind as u32) << 16);
    }

    #[inline(always)]
    fn slot(&self) -> u16 {
        self.place.get() as u16
    }

    #[inline(always)]
    fn kind(&self) -> CacheKind {
        // SAFETY: only `set` writes it, from a kind.
        unsafe { std::mem::transmute::<u8, CacheKind>((self.place.get() >> 16) as u8) }
    }

    /// The slot, if the field is the receiver's own.
    #[inline(always)]
    fn own_slot(&self) -> Option<u32> {
        const { assert!(CacheKind::Own as u8 == 0) };
        Some(self.place.get()).filter(|place| *place <= u32::from(u16::MAX))
    }

    #[inline(always)]
    fn is_for(&self, shape: Gc<Shape>) -> bool {
        self.shape.get() == Some(shape)
    }

    fn trace(&self, marker: &mut Marker) {
        let Some(shape) = self.shape.get() else { return };
        marker.mark(shape.header());
        if let Some(target) = self.target.get() {
            marker.mark(target);
        }
        if let Some(chain) = self.chain.get() {
            marker.mark(chain.header());
        }
    }
}

impl InlineCache {
    /// A cache that knows nothing yet. Without a key nobody may load or store by it.
    pub fn new(key: Option<Gc<LuaString>>) -> InlineCache {
        InlineCache { first: CacheEntry::empty(), further: OnceCell::new(), key }
    }

    /// The key.
    ///
    /// # Panics
    /// If the cache has none.
    pub fn key(&self) -> Gc<LuaString> {
        match self.key {
            Some(key) => key,
            None => panic!("an access to a field by a cache without a key"),
        }
    }

    /// Marks what the cache refers to, so that the address of a cached shape never is that of another one.
    pub fn trace(&self, marker: &mut Marker) {
        self.first.trace(marker);
        self.further().iter().for_each(|entry| entry.trace(marker));
        if let Some(key) = self.key {
            marker.mark(key.header());
        }
    }

    fn further(&self) -> &[CacheEntry] {
        self.further.get().map_or(&[], |further| &further[..])
    }

    /// What the entries say, in the order in which they lie: a compiler's view of the place.
    pub fn lookups(&self) -> impl Iterator<Item = Lookup> {
        std::iter::once(&self.first).chain(self.further()).filter_map(CacheEntry::get)
    }

    /// What the entries say of the receivers that the place has had of late: the first one, and those that were hit since
    /// it became that. A place whose receivers have changed for good has one, although it remembers others.
    pub fn recent_lookups(&self) -> impl Iterator<Item = Lookup> {
        let further = self.further().iter().filter(|entry| entry.count.get() > 0);
        std::iter::once(&self.first).chain(further).filter_map(CacheEntry::get)
    }

    // Loads.

    /// The field of `object`, if the first entry says that it is the receiver's own or a holder's, and it is there.
    #[inline(always)]
    pub fn load_first(&self, object: Value) -> Option<Value> {
        let table = object.as_table()?;
        let entry = &self.first;
        if !entry.is_for(table.shape()) {
            return None;
        }
        let value = if let Some(slot) = entry.own_slot() {
            table.slot(slot)
        } else if entry.kind() == CacheKind::Holder && entry.chain.get().is_some_and(Gc::<Chain>::is_valid) {
            // SAFETY: entries of this kind are made with a table, which the entry marks.
            unsafe { entry.target.get()?.cast::<Table>() }.slot(entry.slot().into())
        } else {
            return None;
        };
        if value.is_nil() { None } else { Some(value) }
    }

    /// `object.key`, when [`InlineCache::load_first`] does not know it.
    ///
    /// # Errors
    /// [`Miss`], as of [`Vm::index`].
    #[inline(never)]
    pub fn load(&self, vm: &mut Vm, object: Value) -> Result<Value, Miss> {
        let key = self.key();
        // What a string does not have itself, its methods' table answers.
        let receiver = object.as_table().or_else(|| vm.string_methods(object));
        let Some(table) = receiver else { return vm.index_in_full(object, key.into()) };
        if self.first.is_for(table.shape())
            && let Some(value) = self.first.get().and_then(|lookup| lookup.load(table))
        {
            return Ok(value);
        }
        let misses = self.count_miss();
        for entry in std::iter::once(&self.first).chain(self.further()).filter(|entry| entry.is_for(table.shape())) {
            if let Some(value) = entry.get().and_then(|lookup| lookup.load(table)) {
                vm.counters[Counter::InlineCacheFurtherHits] += 1;
                self.promote(entry, misses);
                return Ok(value);
            }
            vm.counters[Counter::InlineCacheStale] += 1;
        }
        match vm.find_field(table, key) {
            Some((value, lookup)) => {
                self.learn(misses, lookup);
                Ok(value)
            }
            None => vm.index_in_full(table.into(), key.into()),
        }
    }

    // Stores.

    /// `object.key = value`, if the first entry knows how and the field is there.
    #[inline(always)]
    pub fn store_first(&self, vm: &mut Vm, object: Value, value: Value) -> bool {
        let Some(table) = object.as_table() else { return false };
        if !self.first.is_for(table.shape()) {
            return false;
        }
        let Some(slot) = self.first.own_slot().filter(|slot| !table.slot(*slot).is_nil()) else { return false };
        table.set_slot(&mut vm.heap, slot, value);
        true
    }

    /// `object.key = value`, when the first entry does not know how.
    ///
    /// # Errors
    /// [`Miss`], as of [`Vm::store`].
    #[inline(never)]
    pub fn store(&self, vm: &mut Vm, object: Value, value: Value) -> Result<(), Miss> {
        let key = self.key();
        let Some(table) = object.as_table() else { return vm.store_in_full(object, key.into(), value) };
        let misses = self.count_miss();
        for entry in std::iter::once(&self.first).chain(self.further()).filter(|entry| entry.is_for(table.shape())) {
            if let Some(lookup) = entry.get()
                && lookup.store(vm, table, value).map_err(Miss::from)?
            {
                vm.counters[Counter::InlineCacheFurtherHits] += 1;
                self.promote(entry, misses);
                return Ok(());
            }
            vm.counters[Counter::InlineCacheStale] += 1;
        }
        if let Some(lookup) = vm.store_field(table, key, value)? {
            self.learn(misses, lookup);
        }
        Ok(())
    }

    // Learning.

    /// Counts that the first entry did not know the field; the misses before this one.
    fn count_miss(&self) -> u32 {
        let misses = self.first.count.get();
        self.first.count.set(misses.wrapping_add(1));
        misses
    }

    /// Takes in what a full lookup has found: as the newest entry, in place of the oldest.
    fn learn(&self, misses: u32, lookup: Lookup) {
        if misses >= LEARNING_MISSES && !misses.is_multiple_of(LEARNING_MISSES) {
            return;
        }
        let replaced = self.first.get().filter(|first| first.shape != lookup.shape);
        self.first.set(lookup);
        if let Some(replaced) = replaced {
            let further = self.further.get_or_init(|| Box::new(std::array::from_fn(|_| CacheEntry::empty())));
            let known = further.iter().find(|entry| entry.is_for(lookup.shape));
            let free = || further.iter().find(|entry| entry.get().is_none());
            let oldest = &further[misses as usize % FURTHER_ENTRIES];
            known.or_else(free).unwrap_or(oldest).set(replaced);
            self.forget_hits();
        }
    }

    /// An entry knew the field. If it is not the first, it changes places with that now and then, so that a place whose
    /// receivers have changed for good finds the new ones first.
    fn promote(&self, entry: &CacheEntry, misses: u32) {
        if std::ptr::eq(entry, &self.first) {
            return;
        }
        entry.count.set(entry.count.get().saturating_add(1));
        if misses.is_multiple_of(PROMOTING_HITS)
            && let (Some(first), Some(lookup)) = (self.first.get(), entry.get())
        {
            entry.set(first);
            self.first.set(lookup);
            self.forget_hits();
        }
    }

    fn forget_hits(&self) {
        self.further().iter().for_each(|entry| entry.count.set(0));
    }
}

/// The cache of an instance for what its places do not know, by shape and key. Empty after every collection.
pub(crate) struct StateCache {
    loads: Vec<StateEntry>,
    stores: Vec<StateEntry>,
    /// Whether anything may be cached at all (knob `inline-caches`).
    is_on: bool,
}

struct StateEntry {
    key: Gc<LuaString>,
    lookup: Option<Lookup>,
}

impl StateCache {
    pub(crate) fn new(is_on: bool) -> StateCache {
        StateCache { loads: Vec::new(), stores: Vec::new(), is_on }
    }

    pub(crate) fn clear(&mut self) {
        self.loads.clear();
        self.stores.clear();
    }
}

fn state_index(shape: Gc<Shape>, key: Gc<LuaString>) -> usize {
    ((shape.address() >> 4) ^ (key.address() >> 4) ^ (shape.address() >> 14)) as usize % STATE_ENTRIES
}

fn get_state_entry(entries: &[StateEntry], shape: Gc<Shape>, key: Gc<LuaString>) -> Option<Lookup> {
    let entry = entries.get(state_index(shape, key)).filter(|entry| entry.key == key)?;
    entry.lookup.filter(|lookup| lookup.shape == shape)
}

fn put_state_entry(entries: &mut Vec<StateEntry>, key: Gc<LuaString>, lookup: Lookup) {
    if entries.is_empty() {
        entries.resize_with(STATE_ENTRIES, || StateEntry { key, lookup: None });
    }
    entries[state_index(lookup.shape, key)] = StateEntry { key, lookup: Some(lookup) };
}

impl Vm {
    /// The field of a table by the state cache, or by a full lookup that fills it, and what the lookup found out; `None`
    /// if it cannot be cached, and [`Vm::index_in_full`] must answer.
    pub(crate) fn find_field(&mut self, table: Gc<Table>, key: Gc<LuaString>) -> Option<(Value, Lookup)> {
        let shape = table.shape();
        if shape.is_dictionary() || !key.is_short() || !self.state_cache.is_on {
            self.counters[Counter::InlineCacheUncacheable] += 1;
            return None;
        }
        if let Some(lookup) = get_state_entry(&self.state_cache.loads, shape, key)
            && let Some(value) = lookup.load(table)
        {
            self.counters[Counter::StateCacheHits] += 1;
            return Some((value, lookup));
        }
        let found = self.look_up(table, key).and_then(|lookup| Some((lookup.load(table)?, lookup)));
        match found {
            Some((_, lookup)) => {
                self.counters[Counter::StateCacheMisses] += 1;
                put_state_entry(&mut self.state_cache.loads, key, lookup);
            }
            None => self.counters[Counter::InlineCacheUncacheable] += 1,
        }
        found
    }

    /// What a load of `key` from tables of the shape that `table` has means.
    fn look_up(&mut self, table: Gc<Table>, key: Gc<LuaString>) -> Option<Lookup> {
        let shape = table.shape();
        let plain = Some(self.shapes.chains.plain).filter(|_| shape.metatable().is_none() && !shape.is_poly());
        match (shape.slot_of(key), plain) {
            (Some(slot), Some(plain)) => Lookup::new(shape, CacheKind::Own, slot, Some(plain)),
            (None, Some(plain)) => Lookup::new(shape, CacheKind::Absent, 0, Some(plain)),
            (Some(slot), None) if !table.slot(slot).is_nil() => Lookup::new(shape, CacheKind::Own, slot, None),
            (own, None) => {
                // No memory for a chain means that the lookup is not cached; nothing else depends on it.
                let (chain, found) = self.look_behind(table, key).ok()??;
                let poly = chain.metatable_shape().is_some();
                match (own, found) {
                    (Some(slot), None) => Lookup::new(shape, CacheKind::Own, slot, Some(chain)),
                    // Its own slot is nil now; another receiver's is not.
                    (Some(_), Some(_)) => None,
                    (None, None) => {
                        let kind = if poly { CacheKind::PolyAbsent } else { CacheKind::Absent };
                        Lookup::new(shape, kind, 0, Some(chain))
                    }
                    (None, Some((holder, slot))) => {
                        let kind = if poly { CacheKind::PolyHolder } else { CacheKind::Holder };
                        let lookup = Lookup::new(shape, kind, slot, Some(chain))?;
                        Some(Lookup { target: Some(holder.header()), ..lookup })
                    }
                }
            }
        }
    }

    /// Looks for `key` behind the metatable of `table`: the chain that the answer depends on, and the table that has the
    /// field with its slot, if there is one. `None` if a function decides, or what a chain cannot rely on.
    #[expect(clippy::type_complexity, reason = "the type is used once, and its parts are said above")]
    fn look_behind(
        &mut self,
        table: Gc<Table>,
        key: Gc<LuaString>,
    ) -> Result<Option<(Gc<Chain>, Option<(Gc<Table>, u32)>)>, OutOfMemory> {
        let Some(metatable) = table.metatable() else { return Ok(None) };
        let handler = self.metamethod_in(metatable, MetaEvent::Index);
        let chain = if !table.shape().is_poly() {
            self.shapes.chains.behind_shape(&mut self.heap, metatable)?
        } else {
            let shape = metatable.shape();
            match (shape.slot_of(self.meta_names.get(MetaEvent::Index)), handler.as_table()) {
                (Some(slot), Some(start)) => self.shapes.chains.behind_metatable(&mut self.heap, shape, slot, start)?,
                (None, None) if !shape.is_dictionary() => self.shapes.chains.ending_at(&mut self.heap, shape)?,
                _ => return Ok(None),
            }
        };
        let mut handler = handler;
        for _ in 0..MAX_CHAIN {
            if handler.is_nil() {
                return Ok(Some((chain, None)));
            }
            let Some(link) = handler.as_table().filter(|link| !link.shape().is_dictionary()) else { return Ok(None) };
            self.shapes.chains.pass(chain, link);
            if let Some(slot) = link.shape().slot_of(key)
                && !link.slot(slot).is_nil()
            {
                return Ok(Some((chain, Some((link, slot)))));
            }
            handler = match link.metatable() {
                None => Value::NIL,
                Some(metatable) => {
                    self.shapes.chains.pass(chain, metatable);
                    self.metamethod_in(metatable, MetaEvent::Index)
                }
            };
        }
        Ok(None)
    }

    /// `table.key = value` by the state cache, or in full; what was found out, if it can be cached.
    pub(crate) fn store_field(
        &mut self,
        table: Gc<Table>,
        key: Gc<LuaString>,
        value: Value,
    ) -> Result<Option<Lookup>, Miss> {
        let before = table.shape();
        let is_cacheable = key.is_short() && !key.is_meta_key() && !before.is_dictionary() && self.state_cache.is_on;
        if is_cacheable
            && let Some(lookup) = get_state_entry(&self.state_cache.stores, before, key)
            && lookup.store(self, table, value)?
        {
            self.counters[Counter::StateCacheHits] += 1;
            return Ok(Some(lookup));
        }
        self.store_in_full(table.into(), key.into(), value)?;
        let lookup = if is_cacheable { self.look_up_store(table, key, before) } else { None };
        match lookup {
            Some(lookup) => {
                self.counters[Counter::StateCacheMisses] += 1;
                put_state_entry(&mut self.state_cache.stores, key, lookup);
            }
            None => self.counters[Counter::InlineCacheUncacheable] += 1,
        }
        Ok(lookup)
    }

    /// What the store to `key` that was just made means for tables of shape `before`, which `table` had.
    fn look_up_store(&mut self, table: Gc<Table>, key: Gc<LuaString>, before: Gc<Shape>) -> Option<Lookup> {
        let after = table.shape();
        let slot = after.slot_of(key).filter(|_| !after.is_dictionary())?;
        let chain = self.store_chain(table);
        if before == after {
            return Lookup::new(after, CacheKind::Own, slot, chain);
        }
        let has_grown_by_key = slot == before.slot_count() && after.slot_count() == slot + 1;
        if !has_grown_by_key || before.is_dictionary() || table.is_marked() {
            return None;
        }
        let lookup = Lookup::new(before, CacheKind::Add, slot, Some(chain?))?;
        Some(Lookup { target: Some(after.header()), ..lookup })
    }

    /// The chain on which stores of new fields into tables like `table` depend: that no `__newindex` is there.
    fn store_chain(&mut self, table: Gc<Table>) -> Option<Gc<Chain>> {
        let Some(metatable) = table.metatable() else { return Some(self.shapes.chains.plain) };
        if !self.metamethod_in(metatable, MetaEvent::NewIndex).is_nil() {
            return None;
        }
        // No memory for a chain means that the store is not cached; nothing else depends on it.
        if !table.shape().is_poly() {
            return self.shapes.chains.behind_shape(&mut self.heap, metatable).ok();
        }
        let shape = metatable.shape();
        let has_none = shape.slot_of(self.meta_names.get(MetaEvent::NewIndex)).is_none() && !shape.is_dictionary();
        if has_none { self.shapes.chains.ending_at(&mut self.heap, shape).ok() } else { None }
    }
}
