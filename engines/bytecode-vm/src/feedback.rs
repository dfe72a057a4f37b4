//! Feedback slots: what an instruction has seen. The interpreter uses them as inline caches, compilers as a profile.
//!
//! A prototype's slots lie behind one pointer, in the order of its feedback descriptors (see `prototype`). This file
//! knows what a cache entry means; filling and using it is in `field`.

use lua_runtime::collect::Marker;
use lua_runtime::shape::Shape;
use lua_runtime::{Gc, LuaString, Table};

/// A cached lookup of one string key.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct FieldCache {
    /// The receiver's shape; `None` in an empty entry.
    pub shape: Option<Gc<Shape>>,
    /// What [`FieldCache::kind`] says.
    pub target: CacheTarget,
    /// [`lua_runtime::shape::ShapeTree::proto_epoch`] for which the entry is valid, if its kind depends on it.
    pub epoch: u32,
    /// The slot in the receiver or holder.
    pub slot: u16,
    /// What the entry says.
    pub kind: CacheKind,
    /// Only in a slot's first entry: how many further entries are in use.
    pub more_count: u8,
}

/// The second pointer of a cache entry.
#[derive(Clone, Copy)]
#[repr(C)]
pub union CacheTarget {
    /// For kinds that need no pointer, and empty entries.
    pub none: u64,
    /// For [`CacheKind::Holder`]: the table that has the field.
    pub holder: Gc<Table>,
    /// For [`CacheKind::Add`]: the receiver's shape after the store.
    pub shape: Gc<Shape>,
}

impl std::fmt::Debug for CacheTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // SAFETY: all variants are pointers or an integer of the same size.
        write!(f, "{:#x}", unsafe { self.none })
    }
}

/// What a cache entry says about receivers of its shape. The number is part of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum CacheKind {
    /// The field is in the receiver's own slot. A nil there means that the slow path must look for a metamethod.
    Own = 0,
    /// A load: the field is in a slot of the holder, which is reached through `__index`. Depends on the epoch.
    Holder = 1,
    /// A store: the receiver gets the field as a new last slot. Depends on the epoch if there is a metatable.
    Add = 2,
    /// A load or store as [`CacheKind::Own`], and the shape has no metatable: nil needs no metamethod.
    OwnPlain = 3,
    /// A load: receivers of the shape have no such field and no metatable, so the value is nil.
    Absent = 4,
}

/// Entries that a slot can have besides its first.
pub const MORE_ENTRIES: usize = 3;

/// A feedback slot.
#[repr(C)]
pub struct FeedbackSlot {
    /// The first entry.
    pub first: FieldCache,
    /// The key, for field access: a short string.
    pub key: Option<Gc<LuaString>>,
    /// Further entries, allocated when a second shape comes along.
    pub more: Option<Box<[FieldCache; MORE_ENTRIES]>>,
    /// For a constructor: the shape with all of its template's keys, once known.
    pub template: Option<Gc<Shape>>,
}

/// Offset of the shape of the first entry in a slot.
pub const SLOT_SHAPE_OFFSET: usize = 0;
/// Offset of the target of the first entry in a slot.
pub const SLOT_TARGET_OFFSET: usize = 8;
/// Offset of the epoch of the first entry in a slot (u32).
pub const SLOT_EPOCH_OFFSET: usize = 16;
/// Offset of the field slot of the first entry in a slot (u16).
pub const SLOT_FIELD_OFFSET: usize = 20;
/// Offset of the kind of the first entry in a slot (u8).
pub const SLOT_KIND_OFFSET: usize = 22;
/// Size of a slot.
pub const SLOT_BYTES: usize = 48;

const _: () = {
    assert!(std::mem::offset_of!(FieldCache, shape) == SLOT_SHAPE_OFFSET);
    assert!(std::mem::offset_of!(FieldCache, target) == SLOT_TARGET_OFFSET);
    assert!(std::mem::offset_of!(FieldCache, epoch) == SLOT_EPOCH_OFFSET);
    assert!(std::mem::offset_of!(FieldCache, slot) == SLOT_FIELD_OFFSET);
    assert!(std::mem::offset_of!(FieldCache, kind) == SLOT_KIND_OFFSET);
    assert!(std::mem::offset_of!(FeedbackSlot, first) == 0);
    assert!(size_of::<FeedbackSlot>() == SLOT_BYTES);
};

impl FieldCache {
    /// An entry that matches nothing.
    pub const EMPTY: FieldCache = FieldCache {
        shape: None,
        target: CacheTarget { none: 0 },
        epoch: 0,
        slot: 0,
        kind: CacheKind::Own,
        more_count: 0,
    };

    fn trace(&self, marker: &mut Marker) {
        let Some(shape) = self.shape else { return };
        marker.mark(shape.header());
        match self.kind {
            CacheKind::Own | CacheKind::OwnPlain | CacheKind::Absent => {}
            // SAFETY: the kind says which variant was written.
            CacheKind::Holder => marker.mark(unsafe { self.target.holder }.header()),
            // SAFETY: as above.
            CacheKind::Add => marker.mark(unsafe { self.target.shape }.header()),
        }
    }
}

impl FeedbackSlot {
    /// A slot that has seen nothing.
    pub fn new(key: Option<Gc<LuaString>>) -> FeedbackSlot {
        FeedbackSlot { first: FieldCache::EMPTY, key, more: None, template: None }
    }

    /// The entries in use besides the first.
    #[inline]
    pub fn further(&self) -> &[FieldCache] {
        match &self.more {
            Some(more) => &more[..usize::from(self.first.more_count)],
            None => &[],
        }
    }

    /// Adds an entry. It takes the place of the one for the same shape if there is one, and the last place if the slot
    /// is full.
    pub fn add(&mut self, entry: FieldCache) {
        let more_count = self.first.more_count;
        if self.first.shape.is_none() || self.first.shape == entry.shape {
            self.first = FieldCache { more_count, ..entry };
            return;
        }
        let more = self.more.get_or_insert_with(|| Box::new([FieldCache::EMPTY; MORE_ENTRIES]));
        let used = &more[..usize::from(more_count)];
        let at = used.iter().position(|known| known.shape == entry.shape).unwrap_or(usize::from(more_count));
        more[at.min(MORE_ENTRIES - 1)] = entry;
        if at == usize::from(more_count) && at < MORE_ENTRIES {
            self.first.more_count = more_count + 1;
        }
    }

    /// Marks what the slot refers to, so that a cached shape never is the address of another one.
    pub fn trace(&self, marker: &mut Marker) {
        self.first.trace(marker);
        for entry in self.further() {
            entry.trace(marker);
        }
        if let Some(key) = self.key {
            marker.mark(key.header());
        }
        if let Some(shape) = self.template {
            marker.mark(shape.header());
        }
    }
}
