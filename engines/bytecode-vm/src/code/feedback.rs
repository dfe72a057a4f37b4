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
    /// For a call of `setmetatable`: the shape that the latest object got there; see [`Feedback::learn_metatable`].
    metatable_shape: Cell<Option<Gc<Shape>>>,
}

/// Size of the feedback of an instruction.
pub const FEEDBACK_BYTES: usize = 80;
/// Offset of [`Feedback::template`].
pub const FEEDBACK_TEMPLATE_OFFSET: usize = std::mem::offset_of!(Feedback, template);
/// Offset of the shape that [`Feedback::learn_metatable`] keeps (null for none).
pub const FEEDBACK_METATABLE_SHAPE_OFFSET: usize = std::mem::offset_of!(Feedback, metatable_shape);

const _: () = {
    assert!(std::mem::offset_of!(Feedback, cache) == 0);
    assert!(size_of::<Feedback>() == FEEDBACK_BYTES);
};

impl Feedback {
    /// That of an instruction that has seen nothing.
    pub(crate) fn new(key: Option<Gc<LuaString>>) -> Feedback {
        // SAFETY: the prototype that owns the feedback traces it.
        let cache = unsafe { InlineCache::new(key) };
        Feedback { cache, template: Cell::new(None), site: AllocationSite::default(), metatable_shape: Cell::new(None) }
    }

    /// For a constructor: how large its tables become.
    pub fn site(&self) -> &AllocationSite {
        &self.site
    }

    /// For a constructor: the shape with all of its template's keys, once known.
    pub fn template(&self) -> Option<Gc<Shape>> {
        self.template.get()
    }

    /// For a call of `setmetatable` on an object that had a shape before: keeps the shape that it has now, if that is the other
    /// one under a metatable and nothing more, so that every object of the former shape gets it under the same metatable. It is
    /// forgotten at each collection: it keeps no metatable alive.
    pub fn learn_metatable(&self, before: Gc<Shape>, now: Gc<Shape>) {
        let is_plain = before.metatable().is_none() && now.metatable().is_some() && now.parent() == Some(before);
        self.metatable_shape.set(Some(now).filter(|_| is_plain));
    }

    /// Marks what it refers to.
    ///
    /// # Safety
    /// It must stay where it is until the collection has ended.
    pub unsafe fn trace(&self, marker: &mut Marker) {
        // SAFETY: as the caller says.
        unsafe { self.cache.trace(marker) };
        self.site.forget();
        self.metatable_shape.set(None);
        if let Some(shape) = self.template.get() {
            marker.mark(shape.header());
        }
    }
}
