//! Chains: what a cached lookup behind a table's `__index` relies on.
//!
//! A lookup that goes past the receiver passes a metatable, the table in its `__index`, that table's metatable, and so
//! on. A [`Chain`] stands for one such way: it is valid until one of the tables that a lookup has passed on it changes in
//! structure (a new key, nil to a value or back, a key that starts with `__`, another metatable). Then it is invalid for
//! ever, and with it every cache entry that names it; the next lookup makes a new one. So a change costs the entries
//! that depend on it, and no others. V8's name for it is a validity cell, JavaScriptCore's a watchpoint.
//!
//! A chain begins in one of two ways. For receivers whose shape fixes the metatable, that metatable is its start, and for
//! those whose metatables make a group (`setmetatable(o, {__index = Class})` in a constructor) the table in `__index`. For
//! other receivers with a metatable of their own the start is the table in `__index` too, but the receiver's metatable
//! must be looked at each time: it must have a certain shape and hold the start in a certain slot.
//! What a chain is used for is in `inline_cache`; this file knows no keys.

use rustc_hash::{FxHashMap, FxHashSet};

use super::shape::Shape;
use super::table::Table;
use crate::heap::object::{DETAIL_OFFSET, Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::Tag;

/// A way along `__index`. [`Header::detail`] is 1 while it is valid, and 0 ever after.
#[repr(C)]
pub struct Chain {
    header: Header,
    start: Option<Gc<Table>>,
    metatable_shape: Option<Gc<Shape>>,
    index_slot: u32,
}

/// Offset of the byte that is 1 while the chain is valid.
pub const CHAIN_VALID_OFFSET: usize = DETAIL_OFFSET;
/// Offset of the table that the lookup goes on in, for chains by the metatable's shape.
pub const CHAIN_START_OFFSET: usize = 8;
/// Offset of the shape that the receiver's metatable must have.
pub const CHAIN_METATABLE_SHAPE_OFFSET: usize = 16;
/// Offset of the slot (u32) in which the receiver's metatable must have the start.
pub const CHAIN_INDEX_SLOT_OFFSET: usize = 24;

const _: () = {
    assert!(std::mem::offset_of!(Chain, start) == CHAIN_START_OFFSET);
    assert!(std::mem::offset_of!(Chain, metatable_shape) == CHAIN_METATABLE_SHAPE_OFFSET);
    assert!(std::mem::offset_of!(Chain, index_slot) == CHAIN_INDEX_SLOT_OFFSET);
};

impl Gc<Chain> {
    /// Whether no table on the way has changed in structure since the chain was made.
    #[inline(always)]
    pub fn is_valid(self) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.detail != 0 }
    }

    /// Ends the chain. What it began with is nobody's business any more, and may go.
    fn invalidate(self) {
        // SAFETY: the object is live (see `Gc`).
        unsafe {
            let chain = self.as_ptr();
            (*chain).header.detail = 0;
            ((*chain).start, (*chain).metatable_shape) = (None, None);
        }
    }

    /// The shape that the receiver's metatable must have, for a chain that begins behind it.
    #[inline(always)]
    pub fn metatable_shape(self) -> Option<Gc<Shape>> {
        // SAFETY: the object is live (see `Gc`), and nobody else changes it.
        unsafe { (*self.as_ptr()).metatable_shape }
    }

    /// The first table that the lookup passes; `None` if there is none.
    #[inline(always)]
    pub fn start(self) -> Option<Gc<Table>> {
        // SAFETY: as in `metatable_shape`.
        unsafe { (*self.as_ptr()).start }
    }

    /// The slot of `__index` in the receiver's metatable, for a chain that begins behind it and has a start.
    #[inline(always)]
    pub fn index_slot(self) -> u32 {
        // SAFETY: as in `metatable_shape`.
        unsafe { (*self.as_ptr()).index_slot }
    }

    /// Whether what was cached under this chain holds for `receiver`, which has the shape that it was cached for.
    #[inline(always)]
    pub fn holds_for(self, receiver: Gc<Table>) -> bool {
        self.is_valid() && (self.metatable_shape().is_none() || self.begins_behind(receiver.metatable()))
    }

    #[inline]
    fn begins_behind(self, metatable: Option<Gc<Table>>) -> bool {
        let Some(metatable) = metatable.filter(|metatable| Some(metatable.shape()) == self.metatable_shape()) else {
            return false;
        };
        match self.start() {
            Some(start) => {
                let handler = metatable.field_slot(self.index_slot());
                handler.tag == Tag::Table && handler.payload == start.address()
            }
            None => true,
        }
    }

    /// Ends the chain if the collection has not marked what it begins with, so that nobody asks for that again.
    fn forget_unmarked(self) {
        let is_gone = |object: Gc<Header>| !object.is_marked();
        let begins = self.start().map(Gc::<Table>::header).into_iter();
        if begins.chain(self.metatable_shape().map(Gc::<Shape>::header)).any(is_gone) {
            self.invalidate();
        }
    }
}

/// What is known about a table that chains pass.
#[derive(Default)]
struct Watched {
    /// The chains that a change of the table makes invalid.
    passing: FxHashSet<Gc<Chain>>,
    /// Those of them that begin here.
    starting: Vec<Gc<Chain>>,
}

/// All chains of an instance. They are held weakly, except [`Chains::plain`]: a chain lives while a cache names it, and
/// keeps nothing alive itself.
pub struct Chains {
    /// The chain of receivers without metatable: nothing is behind them, so it is always valid.
    pub(crate) plain: Gc<Chain>,
    watched: FxHashMap<Gc<Table>, Watched>,
    /// Chains without a start, by the shape of the metatable that has no `__index`.
    ending: FxHashMap<Gc<Shape>, Gc<Chain>>,
}

impl Chains {
    pub(crate) fn new(heap: &mut Heap) -> Result<Chains, OutOfMemory> {
        let plain = allocate(heap, None, None, 0)?;
        Ok(Chains { plain, watched: FxHashMap::default(), ending: FxHashMap::default() })
    }

    /// The chain behind receivers whose shape says that they have this metatable, or one of a group with this start.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(crate) fn behind_shape(&mut self, heap: &mut Heap, metatable: Gc<Table>) -> Result<Gc<Chain>, OutOfMemory> {
        self.starting_at(heap, metatable, None, 0)
    }

    /// The chain behind receivers with metatables of this shape, which have `start` in the slot of `__index`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(crate) fn behind_metatable(
        &mut self,
        heap: &mut Heap,
        metatable_shape: Gc<Shape>,
        index_slot: u32,
        start: Gc<Table>,
    ) -> Result<Gc<Chain>, OutOfMemory> {
        self.starting_at(heap, start, Some(metatable_shape), index_slot)
    }

    /// The chain behind receivers with metatables of this shape, in which a key is missing that would lead on.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(crate) fn ending_at(&mut self, heap: &mut Heap, metatable_shape: Gc<Shape>) -> Result<Gc<Chain>, OutOfMemory> {
        if let Some(chain) = self.ending.get(&metatable_shape) {
            return Ok(*chain);
        }
        let chain = allocate(heap, None, Some(metatable_shape), 0)?;
        self.ending.insert(metatable_shape, chain);
        Ok(chain)
    }

    fn starting_at(
        &mut self,
        heap: &mut Heap,
        start: Gc<Table>,
        metatable_shape: Option<Gc<Shape>>,
        index_slot: u32,
    ) -> Result<Gc<Chain>, OutOfMemory> {
        start.watch();
        let watched = self.watched.entry(start).or_default();
        let known =
            watched.starting.iter().find(|chain| chain.is_valid() && chain.metatable_shape() == metatable_shape);
        if let Some(chain) = known {
            return Ok(*chain);
        }
        let chain = allocate(heap, Some(start), metatable_shape, index_slot)?;
        watched.starting.retain(|chain| chain.is_valid());
        watched.starting.push(chain);
        watched.passing.insert(chain);
        Ok(chain)
    }

    /// Notes that lookups on this chain pass `table`.
    pub(crate) fn pass(&mut self, chain: Gc<Chain>, table: Gc<Table>) {
        table.watch();
        self.watched.entry(table).or_default().passing.insert(chain);
    }

    /// A watched table has changed in structure.
    pub(crate) fn table_changed(&mut self, table: Gc<Table>) {
        table.unwatch();
        if let Some(watched) = self.watched.remove(&table) {
            watched.passing.iter().for_each(|chain| chain.invalidate());
        }
    }

    /// Ends the chains that begin at a table, whatever has changed.
    pub(crate) fn end_those_from(&mut self, start: Gc<Table>) {
        if let Some(watched) = self.watched.get_mut(&start) {
            watched.starting.drain(..).for_each(Gc::<Chain>::invalidate);
        }
    }

    /// Shows every table that chains pass, with the chains.
    pub(crate) fn for_each_passed(&self, mut visit: impl FnMut(Gc<Table>, Gc<Chain>)) {
        for (table, watched) in &self.watched {
            watched.passing.iter().for_each(|chain| visit(*table, *chain));
        }
    }

    /// Forgets what the collection did not mark. Called between marking and sweeping.
    pub(crate) fn remove_unmarked(&mut self) {
        self.watched.values().flat_map(|watched| &watched.passing).for_each(|chain| chain.forget_unmarked());
        self.ending.values().for_each(|chain| chain.forget_unmarked());
        let stays = |chain: &Gc<Chain>| chain.is_valid() && chain.header().is_marked();
        self.watched.retain(|table, watched| {
            watched.passing.retain(stays);
            watched.starting.retain(stays);
            if !table.header().is_marked() {
                // It was held weakly, and has gone from the way of its chains.
                watched.passing.iter().for_each(|chain| chain.invalidate());
                return false;
            }
            if watched.passing.is_empty() {
                table.unwatch();
            }
            !watched.passing.is_empty()
        });
        self.ending.retain(|shape, chain| shape.header().is_marked() && stays(chain));
    }
}

fn allocate(
    heap: &mut Heap,
    start: Option<Gc<Table>>,
    metatable_shape: Option<Gc<Shape>>,
    index_slot: u32,
) -> Result<Gc<Chain>, OutOfMemory> {
    let chain = Chain { header: Header::new(Kind::Chain, 0, 1, 0), start, metatable_shape, index_slot };
    heap.allocate(0, chain)
}

#[cfg(test)]
mod tests;
