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
use lua_runtime::inline_cache::CacheKind;

/// Where a compiled function can be entered with its frame in place.
#[derive(Debug)]
pub(crate) struct EntryPoints {
    /// The offset of the code for each instruction, by the index of its first word; 0 for second words.
    pub(crate) offsets: Box<[u32]>,
    /// The kinds of the cache entries that the code was made for (see `CacheKinds`).
    pub(crate) cache_kinds: CacheKinds,
}

/// The kinds of all entries of a function's inline caches, in order. Code is made for them; it reads everything else from
/// the caches.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CacheKinds(Vec<(u32, CacheKind)>);

impl CacheKinds {
    /// Those that a function's caches have now.
    pub(crate) fn of(prototype: &Prototype) -> CacheKinds {
        let slots = 0..prototype.proto().feedback.len() as u32;
        let kinds =
            slots.flat_map(|slot| prototype.feedback(slot).cache.lookups().map(move |lookup| (slot, lookup.kind())));
        CacheKinds(kinds.collect())
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
