//! The record of a function: its entry cell, its code, how hot it is and what its field caches were when it was compiled.
//!
//! Running code reads the pointer to the cell, by its offset. This file must not know when a function is compiled (see
//! `policy`) nor how.

use std::cell::{Cell, RefCell};
use std::mem::offset_of;
use std::rc::Rc;

use bytecode_vm::prototype::Prototype;
use bytecode_vm::state::Cursor;
use bytecode_vm::tier::Heat;
use engine_api::layout::{Layout, field};
use jit_support::EntryCell;
use lua_runtime::inline_cache::{CacheKind, InlineCache, Lookup};
use lua_runtime::{Gc, Table};

/// Where a compiled function can be entered with its frame in place.
#[derive(Debug)]
pub(crate) struct EntryPoints {
    /// The offset of the code for each instruction, by the index of its first word; 0 for second words.
    pub(crate) offsets: Box<[u32]>,
    /// What the code was made for.
    pub(crate) cache_guesses: CacheGuesses,
}

/// What code is made for of an entry of an inline cache. It checks both, and reads everything else from the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryGuess {
    /// Whether it is for the table behind `__index` of strings, so that the receiver of a method is probably a string.
    pub(crate) is_of_strings: bool,
    /// The kind.
    pub(crate) kind: CacheKind,
    /// The slot, where the entry is the only one: entries change places, so that of several each may come to stand there.
    pub(crate) slot: Option<u16>,
}

impl EntryGuess {
    /// Where nothing was seen.
    pub(crate) const NONE: EntryGuess = EntryGuess { is_of_strings: false, kind: CacheKind::Own, slot: None };

    /// The entries that a cache has now, in their order. The table is that behind `__index` of strings.
    pub(crate) fn of_cache(cache: &InlineCache, string_methods: Option<Gc<Table>>) -> Vec<EntryGuess> {
        let of_strings = string_methods.map(Gc::<Table>::shape);
        let guess = |lookup: Lookup| EntryGuess {
            is_of_strings: Some(lookup.shape()) == of_strings,
            kind: lookup.kind(),
            slot: Some(lookup.slot()),
        };
        let mut guesses: Vec<EntryGuess> = cache.lookups().map(guess).collect();
        if guesses.len() > 1 {
            guesses.iter_mut().for_each(|guess| guess.slot = None);
        }
        guesses
    }

    /// As a number, another one for each other guess.
    fn number(self) -> u64 {
        let slot = self.slot.map_or(0, |slot| u64::from(slot) + 1);
        slot << 16 | u64::from(self.is_of_strings) << 8 | self.kind as u64
    }
}

/// What code is made for of all entries of a function's inline caches, in order, with the index of the cache.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CacheGuesses(Vec<(u32, EntryGuess)>);

impl CacheGuesses {
    /// Those that a function's caches have now. The table is that behind `__index` of strings.
    pub(crate) fn of(prototype: &Prototype, string_methods: Option<Gc<Table>>) -> CacheGuesses {
        let caches = 0..prototype.proto().feedback.len() as u32;
        let guesses = caches.flat_map(|index| {
            EntryGuess::of_cache(&prototype.feedback(index).cache, string_methods)
                .into_iter()
                .map(move |guess| (index, guess))
        });
        CacheGuesses(guesses.collect())
    }

    /// As numbers, for the key of a unit: code is shared by functions of the same text that have seen the same.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.0.iter().flat_map(|(index, guess)| [u64::from(*index), guess.number()])
    }
}

/// What the engine knows about a function, behind `Prototype::tier`.
#[repr(C)]
pub(crate) struct FunctionRecord {
    /// The word through which compiled functions call this one: that of `cell`.
    cell_address: *const EntryCell,
    /// The code for the first instruction, behind what makes a frame; meaningful while the cell is linked.
    pub(crate) body: Cell<*const u8>,
    /// The cell.
    pub(crate) cell: Rc<EntryCell>,
    /// The start of the code and its entry points; meaningful while the cell is linked.
    pub(crate) code: Cell<*const u8>,
    /// See `code`.
    pub(crate) points: RefCell<Option<Rc<EntryPoints>>>,
    /// Calls and back-edges so far, in tenths of a call.
    pub(crate) heat: Cell<Heat>,
    /// The calls among them.
    pub(crate) counted_calls: Cell<u32>,
    /// Whether an entry at a loop header was reported since the function was compiled.
    pub(crate) is_reported: Cell<bool>,
    /// Field accesses that compiled code has left to a helper since the last look at what the caches know now.
    pub(crate) field_misses: Cell<u32>,
    /// How many of them lead to the next look; it doubles each time.
    pub(crate) tolerated_field_misses: Cell<u32>,
}

/// Field accesses left to a helper before the first look at what the caches know now.
const FIRST_TOLERATED_FIELD_MISSES: u32 = 200;

/// Offset of the pointer to the entry cell.
pub(crate) const CELL_OFFSET: usize = offset_of!(FunctionRecord, cell_address);

/// Offset of [`FunctionRecord::body`].
pub(crate) const BODY_OFFSET: usize = offset_of!(FunctionRecord, body);

/// The record of a function, for listings.
pub(crate) static RECORD: Layout =
    Layout { name: "record", fields: &[field(CELL_OFFSET, "entry_cell"), field(BODY_OFFSET, "body")], arrays: &[] };

/// The cell of a function, for listings.
pub(crate) static ENTRY_CELL: Layout = Layout { name: "entry_cell", fields: &[field(0, "code")], arrays: &[] };

impl FunctionRecord {
    /// A function that nobody has compiled yet. Its calls lead to `fallback`.
    pub(crate) fn new(fallback: *const u8, heat: Heat) -> FunctionRecord {
        let cell = EntryCell::new(fallback);
        FunctionRecord {
            cell_address: Rc::as_ptr(&cell),
            cell,
            code: Cell::new(std::ptr::null()),
            body: Cell::new(std::ptr::null()),
            points: RefCell::new(None),
            heat: Cell::new(heat),
            counted_calls: Cell::new(0),
            is_reported: Cell::new(false),
            field_misses: Cell::new(0),
            tolerated_field_misses: Cell::new(FIRST_TOLERATED_FIELD_MISSES),
        }
    }

    /// Changes the heat.
    #[inline]
    pub(crate) fn update_heat<R>(&self, change: impl FnOnce(&mut Heat) -> R) -> R {
        let mut heat = self.heat.get();
        let result = change(&mut heat);
        self.heat.set(heat);
        result
    }

    /// Counts a field access that compiled code has left to a helper; says whether it is time to look at the caches.
    #[inline]
    pub(crate) fn count_field_miss(&self) -> bool {
        self.field_misses.set(self.field_misses.get() + 1);
        if self.field_misses.get() < self.tolerated_field_misses.get() {
            return false;
        }
        self.field_misses.set(0);
        self.tolerated_field_misses.set(self.tolerated_field_misses.get().saturating_mul(2));
        true
    }

    /// As [`FunctionRecord::entry`], for the instruction of a cursor, which is mostly the first.
    #[inline]
    pub(crate) fn entry_at(&self, cursor: Cursor) -> Option<*const u8> {
        if cursor.address() == cursor.prototype().code() && self.cell.is_linked() {
            return Some(self.body.get());
        }
        self.entry(cursor.pc())
    }

    /// The address at which the function is entered at an instruction, if it is compiled.
    #[inline]
    pub(crate) fn entry(&self, pc: u32) -> Option<*const u8> {
        if !self.cell.is_linked() {
            return None;
        }
        let points = self.points.borrow();
        let offset = points.as_ref()?.offsets[pc as usize] as usize;
        // SAFETY: while the cell is linked the code lives, and the offset is inside it.
        Some(unsafe { self.code.get().add(offset) })
    }
}
