//! What a constructor has learnt of the tables that it makes: how many fields they come to have.
//!
//! Most tables get their fields after they were made: `setmetatable({}, Class)` and then one assignment after the other. A
//! table whose object has room for them keeps them there; otherwise they move to a buffer, which costs an allocation or two
//! more than the table itself. So each constructor looks at the table that it has made before, whenever it makes one.
//! It knows nothing of shapes but their size.

use std::cell::Cell;

use super::table::{MAX_INLINE_SLOTS, Table};
use crate::heap::object::Gc;

/// The memory of one constructor.
#[derive(Debug, Default)]
pub struct AllocationSite {
    /// The table made last. No reference of the collector's: it is forgotten at every collection.
    last: Cell<Option<Gc<Table>>>,
    /// About how many fields the tables have had.
    fields: Cell<u32>,
}

impl AllocationSite {
    /// The room that a table should have that starts with `least` fields.
    #[inline]
    pub fn capacity(&self, least: u32) -> u32 {
        self.fields.get().max(least)
    }

    /// As [`AllocationSite::capacity`], after a look at the table made last.
    #[inline]
    pub fn next_capacity(&self, least: u32) -> u32 {
        if let Some(last) = self.last.take() {
            self.learn(last.shape().slot_count());
        }
        self.capacity(least)
    }

    /// Grows at once and shrinks slowly, so that a few small tables among large ones change little.
    fn learn(&self, fields: u32) {
        let (known, fields) = (self.fields.get(), fields.min(MAX_INLINE_SLOTS));
        self.fields.set(if fields >= known { fields } else { known - (known - fields).div_ceil(4) });
    }

    /// Notes the table made just now.
    #[inline]
    pub fn made(&self, table: Gc<Table>) {
        self.last.set(Some(table));
    }

    /// Forgets the table made last. Whoever keeps a site does so when a collection traces it.
    pub fn forget(&self) {
        self.last.set(None);
    }
}
