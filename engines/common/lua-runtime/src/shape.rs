//! Shapes (hidden classes): which string keys a table has, in which slots, and under which metatable.
//!
//! Shapes form a tree: adding a key or setting a metatable leads to a child. Along one line of descent all shapes share
//! one property map; a shape reads only the part below its own slot count, so that adding keys one by one costs
//! constant time and memory each. Edges to children are weak: a shape lives while a table, a cache or a descendant
//! uses it. This file knows no values; `table` stores them.

use std::cell::RefCell;
use std::rc::Rc;

use crate::heap::{Heap, OutOfMemory};
use crate::object::{Gc, Header, Kind};
use crate::string::LuaString;
use crate::table::Table;

/// [`Header::flags`]: string keys are in the hash part; the shape says nothing about them.
pub const SHAPE_DICTIONARY: u8 = 1;
/// [`Header::flags`]: the metatable is read from the table; the shape says nothing about it.
pub const SHAPE_POLY: u8 = 2;

/// A table with more string keys than this becomes a dictionary.
pub const MAX_SLOTS: u32 = 128;
/// The same for a marked table (metatable, `__index` target or environment), whose fields caches rely on.
pub const MAX_SLOTS_MARKED: u32 = 4096;
/// After this many different metatables from one shape, further ones are not part of the shape.
const MAX_METATABLES: usize = 8;
/// A shape with more children than this makes dictionaries: its keys are data, not fields.
const MAX_CHILDREN: usize = 128;

/// A shape.
#[repr(C)]
pub struct Shape {
    header: Header,
    metatable: Option<Gc<Table>>,
    slot_count: u32,
    parent: Option<Gc<Shape>>,
    key: Option<Gc<LuaString>>,
    properties: Rc<RefCell<PropertyMap>>,
    children: Vec<(Edge, Gc<Shape>)>,
}

/// Offset of the metatable pointer (null for none).
pub const SHAPE_METATABLE_OFFSET: usize = 8;
/// Offset of the number of slots (u32).
pub const SHAPE_SLOT_COUNT_OFFSET: usize = 16;

const _: () = {
    assert!(std::mem::offset_of!(Shape, metatable) == SHAPE_METATABLE_OFFSET);
    assert!(std::mem::offset_of!(Shape, slot_count) == SHAPE_SLOT_COUNT_OFFSET);
};

/// What leads from a shape to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Key(Gc<LuaString>),
    Metatable(Option<Gc<Table>>),
    Poly,
}

/// The keys of one line of descent, with an open-addressing index from key to slot.
#[derive(Default)]
struct PropertyMap {
    keys: Vec<Gc<LuaString>>,
    /// Slot + 1, or 0; the length is a power of two.
    index: Vec<u32>,
}

impl PropertyMap {
    fn find(&self, key: Gc<LuaString>) -> Option<u32> {
        if self.index.is_empty() {
            return None;
        }
        let mask = self.index.len() - 1;
        let mut at = short_hash(key) as usize & mask;
        loop {
            match self.index[at] {
                0 => return None,
                slot if self.keys[slot as usize - 1] == key => return Some(slot - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    fn push(&mut self, key: Gc<LuaString>) {
        self.keys.push(key);
        if self.keys.len() * 2 > self.index.len() {
            self.index = vec![0; (self.keys.len() * 4).next_power_of_two()];
            for slot in 0..self.keys.len() {
                self.insert(slot);
            }
        } else {
            self.insert(self.keys.len() - 1);
        }
    }

    fn insert(&mut self, slot: usize) {
        let mask = self.index.len() - 1;
        let mut at = short_hash(self.keys[slot]) as usize & mask;
        while self.index[at] != 0 {
            at = (at + 1) & mask;
        }
        self.index[at] = slot as u32 + 1;
    }

    fn prefix(&self, count: u32) -> PropertyMap {
        let mut map = PropertyMap::default();
        for key in &self.keys[..count as usize] {
            map.push(*key);
        }
        map
    }
}

/// The hash of an interned string, which needs no seed because it is computed already.
fn short_hash(key: Gc<LuaString>) -> u32 {
    debug_assert!(key.is_short());
    key.hash(0)
}

/// The roots of the shape tree and what else all tables share.
pub struct ShapeTree {
    /// The shape of `{}`.
    pub empty: Gc<Shape>,
    /// The shape of a dictionary without metatable.
    pub dictionary: Gc<Shape>,
    /// Raised at every structural change of a marked table (see ARCHITECTURE.md, "Shapes and inline caches").
    pub proto_epoch: u32,
    all: Vec<Gc<Shape>>,
}

impl ShapeTree {
    pub(crate) fn new(heap: &mut Heap) -> Result<ShapeTree, OutOfMemory> {
        let properties = Rc::new(RefCell::new(PropertyMap::default()));
        let root = |heap: &mut Heap, flags| {
            heap.allocate(
                0,
                Shape {
                    header: Header::new(Kind::Shape, flags, 0, 0),
                    metatable: None,
                    slot_count: 0,
                    parent: None,
                    key: None,
                    properties: properties.clone(),
                    children: Vec::new(),
                },
            )
        };
        let empty = root(heap, 0)?;
        let dictionary = root(heap, SHAPE_DICTIONARY)?;
        Ok(ShapeTree { empty, dictionary, proto_epoch: 1, all: vec![empty, dictionary] })
    }

    /// The shape of a table of shape `shape` after `key` was added; `None` if it must become a dictionary.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn with_key(
        &mut self,
        heap: &mut Heap,
        shape: Gc<Shape>,
        key: Gc<LuaString>,
        max_slots: u32,
    ) -> Result<Option<Gc<Shape>>, OutOfMemory> {
        if let Some(child) = shape.child(Edge::Key(key)) {
            return Ok(Some(child));
        }
        let inner = shape.inner();
        if inner.slot_count >= max_slots || inner.children.len() >= MAX_CHILDREN {
            return Ok(None);
        }
        let shared = inner.properties.borrow().keys.len() == inner.slot_count as usize;
        let properties = if shared {
            inner.properties.clone()
        } else {
            Rc::new(RefCell::new(inner.properties.borrow().prefix(inner.slot_count)))
        };
        let child = Shape {
            header: Header::new(Kind::Shape, inner.header.flags, 0, 0),
            metatable: inner.metatable,
            slot_count: inner.slot_count + 1,
            parent: Some(shape),
            key: Some(key),
            properties: properties.clone(),
            children: Vec::new(),
        };
        let child = self.adopt(heap, shape, Edge::Key(key), child)?;
        properties.borrow_mut().push(key);
        Ok(Some(child))
    }

    /// The shape of a table of shape `shape` after its metatable was set to `metatable`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn with_metatable(
        &mut self,
        heap: &mut Heap,
        shape: Gc<Shape>,
        metatable: Option<Gc<Table>>,
    ) -> Result<Gc<Shape>, OutOfMemory> {
        let inner = shape.inner();
        if inner.header.flags & SHAPE_POLY != 0 || inner.metatable == metatable {
            return Ok(shape);
        }
        if let Some(child) = shape.child(Edge::Metatable(metatable)) {
            return Ok(child);
        }
        let metatables = inner.children.iter().filter(|(edge, _)| matches!(edge, Edge::Metatable(_))).count();
        let (edge, poly) = if metatables < MAX_METATABLES {
            (Edge::Metatable(metatable), 0)
        } else {
            if let Some(child) = shape.child(Edge::Poly) {
                return Ok(child);
            }
            (Edge::Poly, SHAPE_POLY)
        };
        let child = Shape {
            header: Header::new(Kind::Shape, inner.header.flags | poly, 0, 0),
            metatable: if poly == 0 { metatable } else { None },
            slot_count: inner.slot_count,
            parent: Some(shape),
            key: None,
            properties: inner.properties.clone(),
            children: Vec::new(),
        };
        self.adopt(heap, shape, edge, child)
    }

    fn adopt(
        &mut self,
        heap: &mut Heap,
        parent: Gc<Shape>,
        edge: Edge,
        child: Shape,
    ) -> Result<Gc<Shape>, OutOfMemory> {
        let child = heap.allocate(0, child)?;
        // SAFETY: the parent is live and no reference into it is held here.
        unsafe { (*parent.as_ptr()).children.push((edge, child)) };
        self.all.push(child);
        Ok(child)
    }

    /// Forgets the edges to shapes that the collection did not mark. Called between marking and sweeping.
    pub(crate) fn remove_unmarked(&mut self) {
        self.all.retain(|shape| shape.is_marked());
        for shape in &self.all {
            // SAFETY: the shape is live, and no reference into it is held.
            unsafe { (*shape.as_ptr()).children.retain(|(_, child)| child.is_marked()) };
        }
    }

    /// How many shapes there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }
}

impl Gc<Shape> {
    /// A reference for the length of one operation in this file; nothing else runs meanwhile.
    fn inner<'a>(self) -> &'a Shape {
        // SAFETY: the object is live (see `Gc`); shapes change only in this file, where no such reference is held
        // across a change of the same shape.
        unsafe { &*self.as_ptr() }
    }

    fn child(self, edge: Edge) -> Option<Gc<Shape>> {
        self.inner().children.iter().find(|(known, _)| *known == edge).map(|(_, child)| *child)
    }

    fn is_marked(self) -> bool {
        self.inner().header.mark != 0
    }

    /// The slot of `key`, an interned string; `None` if the shape has no such key or is a dictionary.
    #[inline]
    pub fn slot_of(self, key: Gc<LuaString>) -> Option<u32> {
        let inner = self.inner();
        inner.properties.borrow().find(key).filter(|slot| *slot < inner.slot_count)
    }

    /// The key in `slot`, which must be below [`Gc::slot_count`].
    pub fn key_at(self, slot: u32) -> Gc<LuaString> {
        debug_assert!(slot < self.slot_count());
        self.inner().properties.borrow().keys[slot as usize]
    }

    /// How many slots a table of this shape uses.
    #[inline(always)]
    pub fn slot_count(self) -> u32 {
        self.inner().slot_count
    }

    /// The metatable of every table of this shape, unless the shape is [`Gc::is_poly`].
    #[inline(always)]
    pub fn metatable(self) -> Option<Gc<Table>> {
        self.inner().metatable
    }

    /// Whether string keys are in the hash part.
    #[inline(always)]
    pub fn is_dictionary(self) -> bool {
        self.inner().header.flags & SHAPE_DICTIONARY != 0
    }

    /// Whether the metatable must be read from the table.
    #[inline(always)]
    pub fn is_poly(self) -> bool {
        self.inner().header.flags & SHAPE_POLY != 0
    }

    /// Shows the parent and the children.
    pub(crate) fn for_each_related(self, mut visit: impl FnMut(Gc<Shape>)) {
        let inner = self.inner();
        inner.parent.into_iter().for_each(&mut visit);
        inner.children.iter().for_each(|(_, child)| visit(*child));
    }

    /// Marks what keeps this shape meaningful: its keys (through its ancestors) and its metatable.
    pub(crate) fn trace(self, marker: &mut crate::collect::Marker) {
        let inner = self.inner();
        if let Some(parent) = inner.parent {
            marker.mark(parent.header());
        }
        if let Some(key) = inner.key {
            marker.mark(key.header());
        }
        if let Some(metatable) = inner.metatable {
            marker.mark(metatable.header());
        }
    }
}
