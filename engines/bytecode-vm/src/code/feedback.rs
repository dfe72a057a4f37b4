//! Feedback: what an instruction has seen. The interpreter uses them as inline caches, compilers as a profile.
//!
//! A prototype's feedback lies behind one pointer, in the order of its feedback descriptors (see `prototype`). What an inline
//! cache is, and how it learns, is in `lua_runtime::inline_cache`; the instructions that use it are in `field`.

use std::cell::Cell;

use lua_runtime::Marker;
use lua_runtime::inline_cache::InlineCache;
use lua_runtime::shape::Shape;
use lua_runtime::{AllocationSite, Gc, LuaString};

/// What one instruction has seen. The cache comes first, so that the offsets of its entries are those in here.
#[repr(C)]
pub struct Feedback {
    /// For field access: the inline cache.
    pub cache: InlineCache,
    /// For a constructor: the shape with all of its template's keys, once known.
    pub(crate) template: Cell<Option<Gc<Shape>>>,
    /// For a constructor: how large its tables become.
    pub(crate) site: AllocationSite,
}

/// Size of the feedback of an instruction.
pub const FEEDBACK_BYTES: usize = 72;
/// Offset of [`Feedback::template`].
pub const FEEDBACK_TEMPLATE_OFFSET: usize = std::mem::offset_of!(Feedback, template);

const _: () = {
    assert!(std::mem::offset_of!(Feedback, cache) == 0);
    assert!(size_of::<Feedback>() == FEEDBACK_BYTES);
};

impl Feedback {
    /// That of an instruction that has seen nothing.
    pub(crate) fn new(key: Option<Gc<LuaString>>) -> Feedback {
        // SAFETY: the prototype that owns the feedback traces it.
        Feedback { cache: unsafe { InlineCache::new(key) }, template: Cell::new(None), site: AllocationSite::default() }
    }

    /// For a constructor: how large its tables become.
    pub fn site(&self) -> &AllocationSite {
        &self.site
    }

    /// For a constructor: the shape with all of its template's keys, once known.
    pub fn template(&self) -> Option<Gc<Shape>> {
        self.template.get()
    }

    /// Marks what it refers to.
    ///
    /// # Safety
    /// It must stay where it is until the collection has ended.
    pub unsafe fn trace(&self, marker: &mut Marker) {
        // SAFETY: as the caller says.
        unsafe { self.cache.trace(marker) };
        self.site.forget();
        if let Some(shape) = self.template.get() {
            marker.mark(shape.header());
        }
    }
}
