//! Feedback slots: what an instruction has seen. The interpreter uses them as inline caches, compilers as a profile.
//!
//! A prototype's slots lie behind one pointer, in the order of its feedback descriptors (see `prototype`). What an inline
//! cache is, and how it learns, is in `lua_runtime::inline_cache`; the instructions that use it are in `field`.

use std::cell::Cell;

use lua_runtime::Marker;
use lua_runtime::inline_cache::InlineCache;
use lua_runtime::shape::Shape;
use lua_runtime::{Gc, LuaString};

/// A feedback slot. The cache comes first, so that the offsets of its entries are those in the slot.
#[repr(C)]
pub struct FeedbackSlot {
    /// For field access: the inline cache.
    pub cache: InlineCache,
    /// For a constructor: the shape with all of its template's keys, once known.
    pub template: Cell<Option<Gc<Shape>>>,
}

/// Size of a slot.
pub const SLOT_BYTES: usize = 56;

const _: () = {
    assert!(std::mem::offset_of!(FeedbackSlot, cache) == 0);
    assert!(size_of::<FeedbackSlot>() == SLOT_BYTES);
};

impl FeedbackSlot {
    /// A slot that has seen nothing.
    pub fn new(key: Option<Gc<LuaString>>) -> FeedbackSlot {
        FeedbackSlot { cache: InlineCache::new(key), template: Cell::new(None) }
    }

    /// Marks what the slot refers to.
    pub fn trace(&self, marker: &mut Marker) {
        self.cache.trace(marker);
        if let Some(shape) = self.template.get() {
            marker.mark(shape.header());
        }
    }
}
