//! Shapes (hidden classes): which string keys a table has, in which slots, and under which metatable.
//!
//! Shapes form a tree: adding a key or setting a metatable leads to a child. Along one line of descent all shapes share
//! one property map; a shape reads only the part below its own slot count, so that adding keys one by one costs
//! constant time and memory each. Edges to children are weak: a shape lives while a table, a cache or a descendant
//! uses it. This file knows no values; `table` stores them.
//!
//! A metatable is part of the shape once a second object gets it: classes have their own shapes, however many there are.
//! A metatable with one object only (a constructor that makes one for each object, a single instance) is not: its object
//! gets a *poly* shape, which it shares with others, and the metatable is read from the table. When the second object
//! comes, the first one moves to the shape that it would have had, if it is still remembered.
//!
//! Metatables that are alike, with the same shape and the same table in `__index`, make a [`Group`]: the poly shape of
//! their objects says so, and what is behind the objects need not be looked for in each one's metatable. The first
//! change of any of them breaks the group for good.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::chain::{Chain, Chains};
use super::string::LuaString;
use super::table::Table;
use crate::heap::object::{Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};

/// [`Header::flags`]: string keys are in the hash part; the shape says nothing about them.
pub const SHAPE_DICTIONARY: u8 = 1;
/// [`Header::flags`]: there is a metatable, which is read from the table; the shape does not say which.
pub const SHAPE_POLY: u8 = 2;

/// A table with more string keys than this becomes a dictionary.
pub const MAX_SLOTS: u32 = 128;
/// The same for a prototype (a metatable, `__index` target or environment), whose fields caches rely on.
pub const MAX_SLOTS_PROTOTYPE: u32 = 4096;
/// A shape with more children by keys than this makes dictionaries: its keys are data, not fields. Keys that are
/// constants of the program and those of prototype tables are fields all the same.
const MAX_KEY_CHILDREN: u32 = 128;
/// A shape with more children than this finds them by hashing.
const FEW_CHILDREN: usize = 8;
/// In [`Gc::slot_of_name`]: the name has a slot that has no place in a byte.
pub(crate) const FAR_SLOT: u8 = u8::MAX;
/// For so many metatables at most their first object is remembered.
const FIRST_OBJECTS: usize = 256;

/// A shape.
#[repr(C)]
pub struct Shape {
    header: Header,
    metatable: Option<Gc<Table>>,
    slot_count: u32,
    parent: Option<Gc<Shape>>,
    key: Option<Gc<LuaString>>,
    /// For a poly shape: what the metatables of its tables have in common, if that is something.
    group: Option<Rc<Group>>,
    properties: Rc<RefCell<PropertyMap>>,
    children: Children,
    /// The slots of the names of [`Gc::slot_of_name`], once somebody has asked.
    slots_of_names: OnceCell<Box<[u8]>>,
}

/// Offset of the metatable pointer (null for none).
pub const SHAPE_METATABLE_OFFSET: usize = 8;
/// Offset of the number of slots (u32).
pub const SHAPE_SLOT_COUNT_OFFSET: usize = 16;

/// Offset of the shape that this one has come from by one more key or a metatable (null for none).
pub const SHAPE_PARENT_OFFSET: usize = std::mem::offset_of!(Shape, parent);

const _: () = {
    assert!(std::mem::offset_of!(Shape, metatable) == SHAPE_METATABLE_OFFSET);
    assert!(std::mem::offset_of!(Shape, slot_count) == SHAPE_SLOT_COUNT_OFFSET);
};

/// What leads from a shape to a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Edge {
    Key(Gc<LuaString>),
    Metatable(Gc<Table>),
    /// A metatable of its own, of this shape and with this table in `__index`.
    Alike(Gc<Shape>, Gc<Table>),
    Poly,
}

/// Metatables with one object each that have the same shape and the same table in `__index`.
pub(crate) struct Group {
    metatable_shape: Gc<Shape>,
    index_slot: u32,
    start: Gc<Table>,
    is_whole: Cell<bool>,
}

impl Group {
    /// Whether `metatable` is what a member of the group is.
    pub(crate) fn describes(&self, metatable: Gc<Table>) -> bool {
        metatable.shape() == self.metatable_shape
            && metatable.field_slot(self.index_slot).as_table() == Some(self.start)
    }

    /// The table in `__index` of all members.
    pub(crate) fn start(&self) -> Gc<Table> {
        self.start
    }
}

/// A table of a shape got a metatable of a group, and the shape that goes with that.
struct LatestAlike {
    shape: Gc<Shape>,
    group: Rc<Group>,
    poly: Gc<Shape>,
}

impl LatestAlike {
    /// Whether another table of this shape gets the same shape under this metatable, which has no object yet.
    fn is_for(&self, shape: Gc<Shape>, metatable: Gc<Table>) -> bool {
        self.shape == shape && self.group.is_whole.get() && self.group.describes(metatable)
    }
}

/// The children of a shape: few in a list, many hashed.
#[derive(Default)]
struct Children {
    few: Vec<(Edge, Gc<Shape>)>,
    many: FxHashMap<Edge, Gc<Shape>>,
    by_key: u32,
}

impl Children {
    fn get(&self, edge: Edge) -> Option<Gc<Shape>> {
        match self.few.iter().find(|(known, _)| *known == edge) {
            Some((_, child)) => Some(*child),
            None if self.many.is_empty() => None,
            None => self.many.get(&edge).copied(),
        }
    }

    fn add(&mut self, edge: Edge, child: Gc<Shape>) {
        self.by_key += u32::from(matches!(edge, Edge::Key(_)));
        if self.few.len() < FEW_CHILDREN {
            if self.few.is_empty() {
                // Most have no second one.
                self.few.reserve_exact(1);
            }
            self.few.push((edge, child));
        } else {
            self.many.insert(edge, child);
        }
    }

    fn remove_unmarked(&mut self) {
        self.few.retain(|(_, child)| child.header().is_marked());
        self.many.retain(|_, child| child.header().is_marked());
        let edges = self.few.iter().map(|(edge, _)| edge).chain(self.many.keys());
        self.by_key = edges.filter(|edge| matches!(edge, Edge::Key(_))).count() as u32;
    }

    fn iter(&self) -> impl Iterator<Item = Gc<Shape>> {
        self.few.iter().map(|(_, child)| *child).chain(self.many.values().copied())
    }
}

/// The keys of one line of descent, with an open-addressing index from key to slot.
#[derive(Default)]
struct PropertyMap {
    keys: Vec<Gc<LuaString>>,
    /// The length is a power of two, or zero, and there are vacant places.
    index: Vec<Option<(Gc<LuaString>, u32)>>,
}

impl PropertyMap {
    #[inline]
    fn find(&self, key: Gc<LuaString>) -> Option<u32> {
        if self.index.is_empty() {
            return None;
        }
        let mask = self.index.len() - 1;
        let mut at = short_hash(key) as usize & mask;
        loop {
            // SAFETY: the length is a power of two, so that the mask keeps the place below it.
            match unsafe { *self.index.get_unchecked(at) } {
                Some((known, slot)) if known == key => return Some(slot),
                Some(_) => at = (at + 1) & mask,
                None => return None,
            }
        }
    }

    fn push(&mut self, key: Gc<LuaString>) {
        self.keys.push(key);
        if self.keys.len() * 2 > self.index.len() {
            self.index = vec![None; (self.keys.len() * 4).next_power_of_two()];
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
        while self.index[at].is_some() {
            at = (at + 1) & mask;
        }
        self.index[at] = Some((self.keys[slot], slot as u32));
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
#[inline(always)]
fn short_hash(key: Gc<LuaString>) -> u32 {
    debug_assert!(key.is_short());
    key.hash(0)
}

/// The roots of the shape tree and what else all tables share.
pub struct ShapeTree {
    /// The shape of `{}`.
    pub(crate) empty: Gc<Shape>,
    /// The shape of a dictionary without metatable.
    pub(crate) dictionary: Gc<Shape>,
    /// The table behind `__index` of strings, while that is known: until their metatable or a `__` key of any table changes,
    /// or a collection begins.
    pub(crate) string_methods: Cell<Option<Gc<Table>>>,
    /// What cached lookups behind `__index` rely on.
    pub(crate) chains: Chains,
    /// The latest metatables that have one object, with it. Forgotten at collections.
    first_objects: Vec<Option<(Gc<Table>, Gc<Table>)>>,
    /// The latest move under a metatable of a group: the next one is often like it. Forgotten at collections.
    latest_alike: Option<LatestAlike>,
    groups: FxHashMap<(Gc<Shape>, Gc<Table>), Rc<Group>>,
    /// Whether the key that is being stored is a constant of the program, and so the name of a field and no data.
    pub(crate) keys_are_names: bool,
    /// The string `__index`.
    index_name: Gc<LuaString>,
    all: Vec<Gc<Shape>>,
}

impl ShapeTree {
    /// The tree with its roots. `index_name` is the string `__index`, which somebody else keeps alive.
    pub(crate) fn new(heap: &mut Heap, index_name: Gc<LuaString>) -> Result<ShapeTree, OutOfMemory> {
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
                    group: None,
                    properties: properties.clone(),
                    children: Children::default(),
                    slots_of_names: OnceCell::new(),
                },
            )
        };
        let empty = root(heap, 0)?;
        let dictionary = root(heap, SHAPE_DICTIONARY)?;
        let chains = Chains::new(heap)?;
        Ok(ShapeTree {
            empty,
            dictionary,
            chains,
            string_methods: Cell::new(None),
            first_objects: Vec::new(),
            latest_alike: None,
            groups: FxHashMap::default(),
            keys_are_names: false,
            index_name,
            all: vec![empty, dictionary],
        })
    }

    /// The shape of `{}`.
    pub fn empty(&self) -> Gc<Shape> {
        self.empty
    }

    /// The chain of receivers without metatable.
    pub fn plain_chain(&self) -> Gc<Chain> {
        self.chains.plain
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
        let is_data = !self.keys_are_names && max_slots == MAX_SLOTS && inner.children.by_key >= MAX_KEY_CHILDREN;
        if inner.slot_count >= max_slots || is_data {
            return Ok(None);
        }
        self.child_by_key(heap, shape, key).map(Some)
    }

    /// As [`ShapeTree::with_key`], for a key that is a constant of the program; `None` if there are too many.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn with_name(
        &mut self,
        heap: &mut Heap,
        shape: Gc<Shape>,
        key: Gc<LuaString>,
    ) -> Result<Option<Gc<Shape>>, OutOfMemory> {
        if shape.slot_count() >= MAX_SLOTS { Ok(None) } else { self.child_by_key(heap, shape, key).map(Some) }
    }

    /// The child of a shape by a key.
    pub(super) fn child_by_key(
        &mut self,
        heap: &mut Heap,
        shape: Gc<Shape>,
        key: Gc<LuaString>,
    ) -> Result<Gc<Shape>, OutOfMemory> {
        if let Some(child) = shape.child(Edge::Key(key)) {
            return Ok(child);
        }
        let inner = shape.inner();
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
            group: inner.group.clone(),
            properties: properties.clone(),
            children: Children::default(),
            slots_of_names: OnceCell::new(),
        };
        let child = self.adopt(heap, shape, Edge::Key(key), child)?;
        properties.borrow_mut().push(key);
        Ok(child)
    }

    /// The shape that `object` has to take because its metatable is set to `metatable`.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the object was not changed then.
    pub(crate) fn under_metatable(
        &mut self,
        heap: &mut Heap,
        object: Gc<Table>,
        metatable: Option<Gc<Table>>,
    ) -> Result<Gc<Shape>, OutOfMemory> {
        let shape = object.shape();
        let Some(metatable) = metatable else {
            // Without one, nothing is poly.
            return if object.metatable().is_none() { Ok(shape) } else { self.with_edge(heap, shape, None) };
        };
        if shape.is_poly() {
            return match shape.inner().group.as_ref().filter(|group| group.is_whole.get()) {
                None => Ok(shape),
                Some(group) if group.describes(metatable) => {
                    metatable.join_group();
                    Ok(shape)
                }
                Some(_) => self.with_edge(heap, shape, Some(Edge::Poly)),
            };
        }
        if shape.metatable() == Some(metatable) {
            return Ok(shape);
        }
        if metatable.has_one_object() {
            self.move_first_object(heap, metatable)?;
            metatable.set_has_many_objects();
        }
        if metatable.has_many_objects() {
            return self.with_edge(heap, shape, Some(Edge::Metatable(metatable)));
        }
        let known = self.latest_alike.as_ref().filter(|latest| latest.is_for(shape, metatable));
        let poly = match known {
            Some(latest) => {
                metatable.join_group();
                latest.poly
            }
            None => match self.group_of(metatable) {
                Some(group) => {
                    let poly = self.with_edge(heap, shape, Some(Edge::Alike(group.metatable_shape, group.start)))?;
                    metatable.join_group();
                    self.latest_alike = Some(LatestAlike { shape, group, poly });
                    poly
                }
                None => self.with_edge(heap, shape, Some(Edge::Poly))?,
            },
        };
        metatable.set_has_one_object();
        self.first_objects.resize(FIRST_OBJECTS, None);
        self.first_objects[first_object_index(metatable)] = Some((metatable, object));
        Ok(poly)
    }

    /// The shape that a table of shape `shape` has under another metatable: edges to metatables start at shapes without one
    /// only, so that a table that changes its metatable back and forth comes by the same shapes again.
    fn with_edge(&mut self, heap: &mut Heap, shape: Gc<Shape>, edge: Option<Edge>) -> Result<Gc<Shape>, OutOfMemory> {
        let (mut base, mut keys) = (shape, Vec::new());
        while base.is_poly() || base.metatable().is_some() {
            let inner = base.inner();
            keys.extend(inner.key);
            let Some(parent) = inner.parent else { unreachable!("the roots have no metatable") };
            base = parent;
        }
        let mut target = match edge {
            Some(edge) => self.with_metatable(heap, base, edge)?,
            None => base,
        };
        for key in keys.into_iter().rev() {
            target = self.child_by_key(heap, target, key)?;
        }
        Ok(target)
    }

    /// The group of metatables like this one, which nobody has broken; `None` if there can be none.
    fn group_of(&mut self, metatable: Gc<Table>) -> Option<Rc<Group>> {
        let metatable_shape = metatable.shape();
        let index_slot = metatable_shape.slot_of(self.index_name).filter(|_| !metatable_shape.is_dictionary())?;
        let start = metatable.field_slot(index_slot).as_table()?;
        let new = || Rc::new(Group { metatable_shape, index_slot, start, is_whole: Cell::new(true) });
        let group = self.groups.entry((metatable_shape, start)).or_insert_with(new);
        Some(Rc::clone(group)).filter(|group| group.is_whole.get())
    }

    /// A member of a group is about to change: from now on the group says nothing.
    pub(crate) fn break_group_of(&mut self, metatable: Gc<Table>) {
        let Some(index_slot) = metatable.shape().slot_of(self.index_name) else { return };
        let Some(start) = metatable.field_slot(index_slot).as_table() else { return };
        if let Some(group) = self.groups.get(&(metatable.shape(), start))
            && group.is_whole.replace(false)
        {
            self.chains.end_those_from(start);
        }
    }

    /// The shape of a dictionary with the metatable of a table of shape `shape`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(crate) fn dictionary_like(&mut self, heap: &mut Heap, shape: Gc<Shape>) -> Result<Gc<Shape>, OutOfMemory> {
        match shape.metatable() {
            _ if shape.is_poly() => self.with_metatable(heap, self.dictionary, Edge::Poly),
            None => Ok(self.dictionary),
            Some(metatable) => self.with_metatable(heap, self.dictionary, Edge::Metatable(metatable)),
        }
    }

    /// The shape without fields that has the metatable of a dictionary of shape `dictionary`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub(crate) fn fields_like(&mut self, heap: &mut Heap, dictionary: Gc<Shape>) -> Result<Gc<Shape>, OutOfMemory> {
        match dictionary.metatable() {
            _ if dictionary.is_poly() => self.with_metatable(heap, self.empty, Edge::Poly),
            None => Ok(self.empty),
            Some(metatable) => self.with_metatable(heap, self.empty, Edge::Metatable(metatable)),
        }
    }

    /// The child of a shape by an edge that is no key.
    fn with_metatable(&mut self, heap: &mut Heap, shape: Gc<Shape>, edge: Edge) -> Result<Gc<Shape>, OutOfMemory> {
        if let Some(child) = shape.child(edge) {
            return Ok(child);
        }
        let inner = shape.inner();
        let dictionary = inner.header.flags & SHAPE_DICTIONARY;
        let (metatable, flags) = match edge {
            Edge::Metatable(metatable) => (Some(metatable), dictionary),
            Edge::Poly | Edge::Alike(..) => (None, dictionary | SHAPE_POLY),
            Edge::Key(_) => unreachable!("keys have properties of their own"),
        };
        let group = match edge {
            Edge::Alike(metatable_shape, start) => self.groups.get(&(metatable_shape, start)).cloned(),
            Edge::Poly | Edge::Metatable(_) | Edge::Key(_) => None,
        };
        let child = Shape {
            header: Header::new(Kind::Shape, flags, 0, 0),
            metatable,
            slot_count: inner.slot_count,
            parent: Some(shape),
            key: None,
            group,
            properties: inner.properties.clone(),
            children: Children::default(),
            slots_of_names: OnceCell::new(),
        };
        self.adopt(heap, shape, edge, child)
    }

    /// A metatable gets its second object: gives the first one, if it is remembered and still has the metatable, the shape
    /// that later objects made like it have.
    fn move_first_object(&mut self, heap: &mut Heap, metatable: Gc<Table>) -> Result<(), OutOfMemory> {
        let remembered = self.first_objects.get(first_object_index(metatable)).copied().flatten();
        let Some((_, object)) = remembered.filter(|(of, _)| *of == metatable) else { return Ok(()) };
        if object.metatable() != Some(metatable) {
            return Ok(());
        }
        if !object.shape().is_poly() {
            return Ok(());
        }
        let shape = self.with_edge(heap, object.shape(), Some(Edge::Metatable(metatable)))?;
        object.leave_group(self);
        object.set_shape(shape);
        Ok(())
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
        unsafe { (*parent.as_ptr()).children.add(edge, child) };
        self.all.push(child);
        Ok(child)
    }

    /// Forgets the edges to shapes that the collection did not mark. Called between marking and sweeping.
    pub(crate) fn remove_unmarked(&mut self) {
        self.all.retain(|shape| shape.header().is_marked());
        for shape in &self.all {
            // SAFETY: the shape is live, and no reference into it is held.
            unsafe { (*shape.as_ptr()).children.remove_unmarked() };
        }
        self.first_objects.clear();
        self.latest_alike = None;
        // What is weak in the metatable may be gone.
        self.string_methods.set(None);
        self.groups.retain(|(shape, start), group| {
            let stays = shape.header().is_marked() && start.header().is_marked();
            // Shapes may outlive what their group had in common.
            group.is_whole.set(group.is_whole.get() && stays);
            stays
        });
        self.chains.remove_unmarked();
    }

    /// How many shapes there are.
    pub fn count(&self) -> usize {
        self.all.len()
    }
}

fn first_object_index(metatable: Gc<Table>) -> usize {
    (metatable.address() >> 4) as usize % FIRST_OBJECTS
}

impl Gc<Shape> {
    /// A reference for the length of one operation in this file; nothing else runs meanwhile.
    fn inner<'a>(self) -> &'a Shape {
        // SAFETY: the object is live (see `Gc`); shapes change only in this file, where no such reference is held
        // across a change of the same shape.
        unsafe { &*self.as_ptr() }
    }

    fn child(self, edge: Edge) -> Option<Gc<Shape>> {
        self.inner().children.get(edge)
    }

    /// The slot of `key`, an interned string; `None` if the shape has no such key or is a dictionary.
    #[inline]
    pub fn slot_of(self, key: Gc<LuaString>) -> Option<u32> {
        let inner = self.inner();
        // SAFETY: the map changes in `child_by_key` only, which holds no other reference to it.
        let properties = unsafe { inner.properties.try_borrow_unguarded() };
        properties.ok().and_then(|properties| properties.find(key)).filter(|slot| *slot < inner.slot_count)
    }

    /// The slot of a name of a list, which is the same at every call: the slot plus one, 0 for none, and [`FAR_SLOT`] for one
    /// that must be looked for. All of the list are looked for at the first call.
    #[inline]
    pub(crate) fn slot_of_name(self, index: usize, names: &[Gc<LuaString>]) -> u8 {
        match self.inner().slots_of_names.get() {
            Some(slots) => slots[index],
            None => self.find_slots_of_names(names)[index],
        }
    }

    #[cold]
    fn find_slots_of_names<'a>(self, names: &[Gc<LuaString>]) -> &'a [u8] {
        self.inner().slots_of_names.get_or_init(|| {
            let slot = |name: &Gc<LuaString>| match self.slot_of(*name) {
                Some(slot) => u8::try_from(slot + 1).unwrap_or(FAR_SLOT),
                None => 0,
            };
            names.iter().map(slot).collect()
        })
    }

    /// The key in `slot`, which must be below [`Gc::slot_count`].
    pub fn key_at(self, slot: u32) -> Gc<LuaString> {
        assert!(slot < self.slot_count(), "the shape has no slot {slot}");
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

    /// The shape that this one has come from by one more key or a metatable; `None` for a root.
    pub fn parent(self) -> Option<Gc<Shape>> {
        self.inner().parent
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

    /// Whether the shape has one key more than another, and nothing else is different.
    #[inline]
    pub(crate) fn is_child_by_key(self, parent: Gc<Shape>) -> bool {
        let inner = self.inner();
        inner.parent == Some(parent) && inner.key.is_some()
    }

    /// What the metatables of tables of this shape have in common, as long as none of them has changed.
    pub(crate) fn group(self) -> Option<Rc<Group>> {
        self.inner().group.as_ref().filter(|group| group.is_whole.get()).cloned()
    }

    /// Shows the parent and the children.
    pub(crate) fn for_each_related(self, mut visit: impl FnMut(Gc<Shape>)) {
        let inner = self.inner();
        inner.parent.into_iter().for_each(&mut visit);
        inner.children.iter().for_each(visit);
    }

    /// Marks what keeps this shape meaningful: its keys (through its ancestors) and its metatable.
    pub(crate) fn trace(self, marker: &mut super::marker::Marker) {
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
