//! Inline caches: what an access to a field by a name has meant, for receivers of one shape. One for all engines.
//!
//! An [`InlineCache`] belongs to one place in the program and one key. It has up to four entries. The newest is the
//! first: interpreters try it inline, compiled code reads it as data. Past four shapes, and for keys that are no
//! constants, the *state cache* of the whole instance answers, by shape and key. What none of them knows is looked up in
//! full, and learned. A place that keeps missing learns less often (back-off), but never stops, so that it finds its way
//! when the program enters another phase.
//!
//! What an entry may rely on is in ARCHITECTURE.md, "Shapes and inline caches", and in `chain`. This file knows tables
//! and shapes, no Lua state and no engine; how a full lookup finds out what to learn is in `operations::field`.

use std::cell::{Cell, OnceCell};

use super::chain::Chain;
use super::marker::Marker;
use super::shape::Shape;
use super::string::LuaString;
use super::table::Table;
use crate::heap::object::{Gc, Header};
use crate::heap::{Heap, OutOfMemory};
use crate::value::Value;

/// Entries of a cache besides the first.
pub const FURTHER_ENTRIES: usize = 3;
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
    /// The receiver does not have the field, and its metatable, if that has the shape of the entry, has what answers in the
    /// slot: a function in `__index`, or in `__newindex` for a store.
    Handler = 6,
}

impl CacheKind {
    /// Whether a load finds the field in a slot, of the receiver or of a holder.
    pub fn is_in_slot(self) -> bool {
        match self {
            CacheKind::Own | CacheKind::Holder | CacheKind::PolyHolder => true,
            CacheKind::Absent | CacheKind::PolyAbsent | CacheKind::Add | CacheKind::Handler => false,
        }
    }
}

/// What a lookup has found out about receivers of one shape: the content of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Lookup {
    /// The receivers' shape.
    shape: Gc<Shape>,
    /// What it says.
    kind: CacheKind,
    /// The slot in the receiver or holder.
    slot: u16,
    /// What it depends on. Always there but for [`CacheKind::Own`] and [`CacheKind::Handler`].
    chain: Option<Gc<Chain>>,
    /// The second object: the holder, the shape after an addition, or that of the metatable.
    target: Option<Gc<Header>>,
}

impl Lookup {
    /// A lookup without a second object; `None` if the slot has no place in an entry.
    pub(crate) fn new(shape: Gc<Shape>, kind: CacheKind, slot: u32, chain: Option<Gc<Chain>>) -> Option<Lookup> {
        Some(Lookup { shape, kind, slot: u16::try_from(slot).ok()?, chain, target: None })
    }

    /// The same with the table that has the field.
    pub(crate) fn held_by(self, holder: Gc<Table>) -> Lookup {
        debug_assert!(matches!(self.kind, CacheKind::Holder | CacheKind::PolyHolder));
        Lookup { target: Some(holder.header()), ..self }
    }

    /// The same with the shape after an addition.
    pub(crate) fn leading_to(self, shape: Gc<Shape>) -> Lookup {
        debug_assert!(self.kind == CacheKind::Add);
        Lookup { target: Some(shape.header()), ..self }
    }

    /// The same with the shape of the metatable in which a function answers.
    pub(crate) fn answered_in(self, metatable_shape: Gc<Shape>) -> Lookup {
        debug_assert!(self.kind == CacheKind::Handler);
        Lookup { target: Some(metatable_shape.header()), ..self }
    }

    /// The receivers' shape.
    pub fn shape(&self) -> Gc<Shape> {
        self.shape
    }

    /// What it says of them.
    pub fn kind(&self) -> CacheKind {
        self.kind
    }

    /// The slot in the receiver or holder.
    pub fn slot(&self) -> u16 {
        self.slot
    }

    /// What it depends on. Always there but for [`CacheKind::Own`] and [`CacheKind::Handler`].
    pub fn chain(&self) -> Option<Gc<Chain>> {
        self.chain
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

    /// The function that answers for a receiver of the shape; `None` if the full lookup must decide.
    #[inline]
    pub(crate) fn handler(&self, receiver: Gc<Table>) -> Option<Value> {
        let metatable = receiver.metatable().filter(|_| self.kind == CacheKind::Handler)?;
        if self.target != Some(metatable.shape().header()) {
            return None;
        }
        // SAFETY: the slot is one of the shape, which the metatable has.
        Some(unsafe { metatable.field_slot_unchecked(self.slot.into()) }).filter(|handler| handler.is_function())
    }

    /// The field of a receiver of the shape; `None` if the full lookup must decide.
    #[inline]
    pub(crate) fn load(&self, receiver: Gc<Table>) -> Option<Value> {
        let holds = || self.chain.is_some_and(|chain| chain.holds_for(receiver));
        match self.kind {
            CacheKind::Own => {
                // SAFETY: the slot is one of the shape, which the receiver has.
                let value = unsafe { receiver.field_slot_unchecked(self.slot.into()) };
                (!value.is_nil() || holds()).then_some(value)
            }
            CacheKind::Holder | CacheKind::PolyHolder => {
                let holder = self.holder().filter(|_| holds())?;
                Some(holder.field_slot(self.slot.into())).filter(|value| !value.is_nil())
            }
            CacheKind::Absent | CacheKind::PolyAbsent => holds().then_some(Value::NIL),
            CacheKind::Add | CacheKind::Handler => None,
        }
    }

    /// Stores into a receiver of the shape; `false` if the full store must do it.
    pub(crate) fn store(&self, heap: &mut Heap, receiver: Gc<Table>, value: Value) -> Result<bool, OutOfMemory> {
        let holds = || self.chain.is_some_and(|chain| chain.holds_for(receiver)) && !receiver.is_prototype();
        match self.kind {
            CacheKind::Own => {
                let slot = u32::from(self.slot);
                // SAFETY: the slot is one of the shape, which the receiver has.
                unsafe {
                    if receiver.field_slot_unchecked(slot).is_nil() && !holds() {
                        return Ok(false);
                    }
                    receiver.set_field_slot_unchecked(heap, slot, value);
                }
                Ok(true)
            }
            CacheKind::Add => match self.shape_after() {
                Some(after) if !value.is_nil() && holds() => {
                    receiver.add_cached_slot(heap, after, value)?;
                    Ok(true)
                }
                _ => Ok(false),
            },
            CacheKind::Holder
            | CacheKind::Absent
            | CacheKind::PolyHolder
            | CacheKind::PolyAbsent
            | CacheKind::Handler => Ok(false),
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
/// The 32 bits at [`ENTRY_SLOT_OFFSET`] of an entry of this kind with this slot.
pub const fn place(kind: CacheKind, slot: u16) -> u32 {
    slot as u32 | (kind as u32) << 16
}

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
        self.place.set(place(lookup.kind, lookup.slot));
    }

    fn clear(&self) {
        self.shape.set(None);
        self.target.set(None);
        self.chain.set(None);
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

    /// Whether a store may overwrite a field of a table's own that is nil without looking further.
    #[inline(never)]
    fn overwrites_nil(&self, table: Gc<Table>) -> bool {
        self.chain.get().is_some_and(|chain| chain.holds_for(table)) && !table.is_prototype()
    }

    /// The slot, if the field is the receiver's own.
    #[inline(always)]
    fn own_slot(&self) -> Option<u32> {
        const { assert!(CacheKind::Own as u8 == 0) };
        Some(self.place.get()).filter(|place| *place <= u32::from(u16::MAX))
    }

    /// Whether nil in the receiver's own slot is the answer for every receiver of the shape.
    #[inline(always)]
    fn says_nil_by_shape(&self) -> bool {
        self.chain.get().is_some_and(|chain| chain.is_valid() && chain.metatable_shape().is_none())
    }

    #[inline(always)]
    fn is_for(&self, shape: Gc<Shape>) -> bool {
        self.shape.get() == Some(shape)
    }

    /// Shows the objects that the entry names.
    fn for_each_object(&self, mut visit: impl FnMut(Gc<Header>)) {
        let Some(shape) = self.shape.get() else { return };
        visit(shape.header());
        self.target.get().into_iter().for_each(&mut visit);
        self.chain.get().map(Gc::<Chain>::header).into_iter().for_each(&mut visit);
    }
}

/// What the entries of a cache say to an access.
pub(crate) enum Answer<T> {
    /// The first entry knew.
    First(T),
    /// Another one knew.
    Further(T),
    /// None knew, after so many misses; `is_stale` if there was one for the shape, which did not hold.
    Unknown {
        /// Misses before this one.
        misses: u32,
        /// See above.
        is_stale: bool,
    },
}

impl InlineCache {
    /// A cache that knows nothing yet. Without a key nobody may load or store by it.
    ///
    /// # Safety
    /// Every collection of the state whose objects it has seen gets it by [`InlineCache::trace`], or it is not used again.
    pub unsafe fn new(key: Option<Gc<LuaString>>) -> InlineCache {
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

    /// Marks the key and the chains. Entries keep no shapes and no tables alive: those whose objects have gone when the
    /// marking has ended are forgotten, so that the address of a cached shape never is that of another one.
    ///
    /// # Safety
    /// The cache must stay where it is until the collection has ended.
    pub unsafe fn trace(&self, marker: &mut Marker) {
        if let Some(key) = self.key {
            marker.mark(key.header());
        }
        if self.first.get().is_some() {
            self.lookups().filter_map(|lookup| lookup.chain).for_each(|chain| marker.mark(chain.header()));
            marker.note_cache(self);
        }
    }

    /// Forgets the entries with objects that the collection has not marked. The others move up.
    pub(crate) fn forget_unmarked(&self) {
        let is_whole = |entry: &CacheEntry| {
            let mut whole = true;
            entry.for_each_object(|object| whole &= object.is_marked());
            whole
        };
        let entries = || std::iter::once(&self.first).chain(self.further());
        if entries().all(is_whole) {
            return;
        }
        let rest: Vec<Lookup> = entries().filter(|entry| is_whole(entry)).filter_map(CacheEntry::get).collect();
        entries().for_each(CacheEntry::clear);
        entries().zip(rest).for_each(|(entry, lookup)| entry.set(lookup));
        self.forget_hits();
    }

    /// Shows the objects that the entries name.
    pub(crate) fn for_each_object(&self, mut visit: impl FnMut(Gc<Header>)) {
        std::iter::once(&self.first).chain(self.further()).for_each(|entry| entry.for_each_object(&mut visit));
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

    /// The field of `object`, if the first entry knows it without a look at the receiver's metatable.
    #[inline(always)]
    pub fn load_first(&self, object: Value) -> Option<Value> {
        let table = object.as_table()?;
        let entry = &self.first;
        if !entry.is_for(table.shape()) {
            return None;
        }
        if let Some(slot) = entry.own_slot() {
            // SAFETY: the slot is one of the entry's shape, which the table has.
            let value = unsafe { table.field_slot_unchecked(slot) };
            return if !value.is_nil() || entry.says_nil_by_shape() { Some(value) } else { None };
        }
        if !entry.chain.get().is_some_and(Gc::<Chain>::is_valid) {
            return None;
        }
        match entry.kind() {
            CacheKind::Holder => {
                // SAFETY: entries of this kind are made with a table, which the entry marks. Its slot stays while the chain
                // is valid: a table that loses its slots changes in structure.
                let value = unsafe { entry.target.get()?.cast::<Table>().field_slot_unchecked(entry.slot().into()) };
                if value.is_nil() { None } else { Some(value) }
            }
            CacheKind::Absent => Some(Value::NIL),
            CacheKind::Own | CacheKind::PolyHolder | CacheKind::PolyAbsent | CacheKind::Add | CacheKind::Handler => {
                None
            }
        }
    }

    /// `object.key = value`, if the first entry knows how and the field is there, be it nil as in a new object.
    #[inline(always)]
    pub fn store_first(&self, heap: &mut Heap, object: Value, value: Value) -> bool {
        let Some(table) = object.as_table() else { return false };
        if !self.first.is_for(table.shape()) {
            return false;
        }
        let Some(slot) = self.first.own_slot() else { return false };
        // SAFETY: the slot is one of the entry's shape, which the table has.
        unsafe {
            if table.field_slot_unchecked(slot).is_nil() && !self.first.overwrites_nil(table) {
                return false;
            }
            table.set_field_slot_unchecked(heap, slot, value);
        }
        true
    }

    /// The function in a table's metatable that answers the access, if the first entry knows it.
    #[inline]
    pub(crate) fn handler(&self, table: Gc<Table>) -> Option<Value> {
        self.first.get().filter(|first| first.shape == table.shape())?.handler(table)
    }

    /// The field of a table by whichever entry knows it.
    pub(crate) fn load_any(&self, table: Gc<Table>) -> Answer<Value> {
        let by_first = self.first.get().filter(|first| first.shape == table.shape());
        if let Some(value) = by_first.and_then(|first| first.load(table)) {
            return Answer::First(value);
        }
        let misses = self.count_miss();
        let Some(entry) = self.further().iter().find(|entry| entry.is_for(table.shape())) else {
            return Answer::Unknown { misses, is_stale: by_first.is_some() };
        };
        match entry.get().and_then(|lookup| lookup.load(table)) {
            Some(value) => {
                self.promote(entry, misses);
                Answer::Further(value)
            }
            None => Answer::Unknown { misses, is_stale: true },
        }
    }

    /// Stores into a table by whichever entry knows how.
    pub(crate) fn store_any(&self, heap: &mut Heap, table: Gc<Table>, value: Value) -> Result<Answer<()>, OutOfMemory> {
        let by_first = self.first.get().filter(|first| first.shape == table.shape());
        if let Some(first) = by_first
            && first.store(heap, table, value)?
        {
            return Ok(Answer::First(()));
        }
        let misses = self.count_miss();
        let Some(entry) = self.further().iter().find(|entry| entry.is_for(table.shape())) else {
            return Ok(Answer::Unknown { misses, is_stale: by_first.is_some() });
        };
        match entry.get() {
            Some(lookup) if lookup.store(heap, table, value)? => {
                self.promote(entry, misses);
                Ok(Answer::Further(()))
            }
            _ => Ok(Answer::Unknown { misses, is_stale: true }),
        }
    }

    // Learning.

    /// Counts that the first entry did not know the field; the misses before this one.
    fn count_miss(&self) -> u32 {
        let misses = self.first.count.get();
        self.first.count.set(misses.wrapping_add(1));
        misses
    }

    /// Takes in what a full lookup has found: as the newest entry, in place of the oldest.
    pub(crate) fn learn(&self, misses: u32, lookup: Lookup) {
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

    /// A further entry knew the field. Now and then it changes places with the first, so that a place whose receivers have
    /// changed for good finds the new ones first.
    fn promote(&self, entry: &CacheEntry, misses: u32) {
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
    is_on: bool,
}

struct StateEntry {
    key: Gc<LuaString>,
    lookup: Option<Lookup>,
}

impl StateCache {
    /// An empty cache. If it is not `on`, nothing of the instance is cached anywhere.
    pub(crate) fn new(on: bool) -> StateCache {
        StateCache { loads: Vec::new(), stores: Vec::new(), is_on: on }
    }

    /// Whether accesses to fields are remembered at all (knob `inline-caches`).
    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.loads.clear();
        self.stores.clear();
    }

    /// What loads of `key` from tables of this shape mean.
    pub(crate) fn load(&self, shape: Gc<Shape>, key: Gc<LuaString>) -> Option<Lookup> {
        get(&self.loads, shape, key)
    }

    /// What stores to `key` in tables of this shape mean.
    pub(crate) fn store(&self, shape: Gc<Shape>, key: Gc<LuaString>) -> Option<Lookup> {
        get(&self.stores, shape, key)
    }

    /// Remembers a load.
    pub(crate) fn put_load(&mut self, key: Gc<LuaString>, lookup: Lookup) {
        put(&mut self.loads, key, lookup);
    }

    /// Remembers a store.
    pub(crate) fn put_store(&mut self, key: Gc<LuaString>, lookup: Lookup) {
        put(&mut self.stores, key, lookup);
    }
}

fn index(shape: Gc<Shape>, key: Gc<LuaString>) -> usize {
    ((shape.address() >> 4) ^ (key.address() >> 4) ^ (shape.address() >> 14)) as usize % STATE_ENTRIES
}

fn get(entries: &[StateEntry], shape: Gc<Shape>, key: Gc<LuaString>) -> Option<Lookup> {
    let entry = entries.get(index(shape, key)).filter(|entry| entry.key == key)?;
    entry.lookup.filter(|lookup| lookup.shape == shape)
}

fn put(entries: &mut Vec<StateEntry>, key: Gc<LuaString>, lookup: Lookup) {
    if entries.is_empty() {
        entries.resize_with(STATE_ENTRIES, || StateEntry { key, lookup: None });
    }
    entries[index(lookup.shape, key)] = StateEntry { key, lookup: Some(lookup) };
}
