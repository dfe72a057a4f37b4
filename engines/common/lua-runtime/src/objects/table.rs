//! Tables: fields in slots described by a shape, an array part with a kind, a hash part for everything else.
//!
//! All operations here are raw: metatables are stored but not consulted (see `meta`). Where a key lives: integers
//! `1..=length` in the array part; short strings in slots, unless the table is a dictionary; all others in the hash
//! part. The hash part never holds the key `length + 1`, so that the array's length is a border.

mod dictionary;
mod list;
mod marking;

use std::alloc::Layout;
use std::ptr::NonNull;

use lua_syntax::arithmetic::float_to_integer;

use super::array::{ArrayKind, ArrayPart, KeyCounts, MAX_ARRAY_LENGTH};
use super::hash::HashPart;
use super::shape::{MAX_SLOTS, MAX_SLOTS_PROTOTYPE, Shape, ShapeTree};
use super::string::LuaString;
use crate::heap::object::{DETAIL_OFFSET, Gc, Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Tag, Value};

/// [`Header::flags`]: a metatable, an `__index` target or an environment: its fields are a class's or a module's, and
/// may be more than those of a record.
pub const TABLE_PROTOTYPE: u8 = 1;
/// [`Header::flags`]: chains pass the table (see `chain`), so that a structural change must be told.
const TABLE_WATCHED: u8 = 2;
/// [`Header::flags`]: one object has had the table as its metatable so far.
const TABLE_HAS_ONE_OBJECT: u8 = 4;
/// [`Header::flags`]: more than one object has.
const TABLE_HAS_MANY_OBJECTS: u8 = 8;
/// [`Header::flags`]: the table is a member of a group of metatables (see `shape`), which a change breaks.
const TABLE_IN_GROUP: u8 = 16;

/// Slots of the first allocation outside the object.
const FIRST_SLOT_CAPACITY: u32 = 4;
/// So many elements behind the end of an array part a new one may be stored into it, with holes in between. Each hole is made and
/// cut off once, so that this bounds what a store costs.
const MAX_GAP: u64 = 64;
/// A table is never made with more slots inside the object than this.
pub const MAX_INLINE_SLOTS: u32 = 24;

/// A table. [`Header::detail`] is the array kind, [`Header::word`] the set of metamethods known to be absent.
#[repr(C)]
pub struct Table {
    header: Header,
    shape: Gc<Shape>,
    /// The field slots: inside the object, or in a buffer once they outgrow it.
    slots: NonNull<Value>,
    array: ArrayPart,
    metatable: Option<Gc<Table>>,
    hash: Option<NonNull<HashPart>>,
    slot_capacity: u32,
    inline_slots: u32,
}

/// Offset of the shape pointer.
pub const TABLE_SHAPE_OFFSET: usize = 8;
/// Offset of the pointer to the field slots.
pub const TABLE_SLOTS_OFFSET: usize = 16;
/// Offset of the array part (see `array` for the offsets in it).
pub const TABLE_ARRAY_OFFSET: usize = 24;
/// Offset of the metatable pointer (null for none).
pub const TABLE_METATABLE_OFFSET: usize = 40;
/// Offset of the pointer to the hash part (null for none).
pub const TABLE_HASH_OFFSET: usize = 48;
/// Offset of the number of slots that the table has room for (u32), and behind it that of the slots inside the object.
pub const TABLE_CAPACITIES_OFFSET: usize = 56;
/// Size without inline slots.
pub const TABLE_BYTES: usize = 64;
/// The first 8 bytes of an empty table.
pub const NEW_TABLE_HEADER: u64 = (Kind::Table as u64) | (ArrayKind::Empty as u64) << (8 * DETAIL_OFFSET);
/// The array part of an empty table, as two words.
pub const NEW_TABLE_ARRAY: [u64; 2] = [1, 0];

const _: () = {
    assert!(std::mem::offset_of!(Table, shape) == TABLE_SHAPE_OFFSET);
    assert!(std::mem::offset_of!(Table, slots) == TABLE_SLOTS_OFFSET);
    assert!(std::mem::offset_of!(Table, array) == TABLE_ARRAY_OFFSET);
    assert!(std::mem::offset_of!(Table, metatable) == TABLE_METATABLE_OFFSET);
    assert!(std::mem::offset_of!(Table, hash) == TABLE_HASH_OFFSET);
    assert!(std::mem::offset_of!(Table, slot_capacity) == TABLE_CAPACITIES_OFFSET);
    assert!(std::mem::offset_of!(Table, inline_slots) == TABLE_CAPACITIES_OFFSET + 4);
    assert!(size_of::<Table>() == TABLE_BYTES);
};

/// Why a raw store failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreError {
    /// "table index is nil"
    NilKey,
    /// "table index is NaN"
    NanKey,
    /// No memory.
    OutOfMemory,
}

impl From<OutOfMemory> for StoreError {
    fn from(_: OutOfMemory) -> StoreError {
        StoreError::OutOfMemory
    }
}

/// `next` was given a key that is not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownKey;

impl Gc<Table> {
    /// An empty table with room for `array_capacity` elements and `inline_slots` fields.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn allocate(
        heap: &mut Heap,
        shapes: &ShapeTree,
        array_capacity: u32,
        inline_slots: u32,
    ) -> Result<Gc<Table>, OutOfMemory> {
        let inline_slots = inline_slots.min(MAX_INLINE_SLOTS);
        let tail_bytes = inline_slots as usize * size_of::<Value>();
        let table = heap.allocate(
            tail_bytes,
            Table {
                header: Header::new(Kind::Table, 0, ArrayKind::Empty as u8, 0),
                shape: shapes.empty,
                slots: NonNull::dangling(),
                array: ArrayPart::EMPTY,
                metatable: None,
                hash: None,
                slot_capacity: inline_slots,
                inline_slots,
            },
        )?;
        table.fields().slots = table.inline_slots_start();
        if array_capacity > 0 {
            table.reserve_array(heap, ArrayKind::Any, array_capacity)?;
        }
        Ok(table)
    }

    /// A table of a given shape whose fields are `values`, in slot order, with room for `capacity` fields, if that is more. Used
    /// for constructors with constant keys.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    ///
    /// # Panics
    /// If the shape is a dictionary or the numbers of slots differ.
    pub fn with_fields(
        heap: &mut Heap,
        shapes: &ShapeTree,
        shape: Gc<Shape>,
        values: &[Value],
        capacity: u32,
    ) -> Result<Gc<Table>, OutOfMemory> {
        let is_plain = !shape.is_dictionary() && !shape.is_poly() && shape.metatable().is_none();
        assert!(is_plain && shape.slot_count() as usize == values.len(), "fields of another shape");
        let table = Gc::<Table>::allocate(heap, shapes, 0, capacity.max(values.len() as u32))?;
        while table.fields().slot_capacity < values.len() as u32 {
            table.grow_slots(heap)?;
        }
        let fields = table.fields();
        for (i, value) in values.iter().enumerate() {
            // SAFETY: the capacity was made sure of just above.
            unsafe { fields.slots.add(i).write(*value) };
        }
        fields.shape = shape;
        Ok(table)
    }

    /// A reference for the length of one operation in this file; nothing else touches the table meanwhile.
    #[inline(always)]
    fn fields<'a>(self) -> &'a mut Table {
        // SAFETY: the object is live (see `Gc`). Operations in this file are leaves: none of them calls code that could
        // reach the same table while it holds this reference.
        unsafe { &mut *self.as_ptr() }
    }

    #[inline(always)]
    fn inline_slots_start(self) -> NonNull<Value> {
        // SAFETY: the address just behind the fixed part is inside the allocation or one past its end.
        unsafe { NonNull::new_unchecked(self.as_ptr().cast::<u8>().add(TABLE_BYTES).cast()) }
    }

    /// The shape.
    #[inline(always)]
    pub fn shape(self) -> Gc<Shape> {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).shape }
    }

    /// The array part's kind.
    #[inline(always)]
    pub fn array_kind(self) -> ArrayKind {
        // SAFETY: the object is live, and `detail` of a table is only written from an `ArrayKind` (`set_array_kind`).
        unsafe { std::mem::transmute::<u8, ArrayKind>((*self.as_ptr()).header.detail) }
    }

    fn set_array_kind(self, kind: ArrayKind) {
        self.fields().header.detail = kind as u8;
    }

    /// The array part, for one operation in this file.
    #[inline(always)]
    fn array<'a>(self) -> &'a mut ArrayPart {
        &mut self.fields().array
    }

    /// The element at `index` of the array part, counted from 0, which is nil at a hole; `None` behind the last one.
    #[inline(always)]
    pub fn element(self, index: u64) -> Option<Value> {
        let array = self.array();
        if index < u64::from(array.length()) { Some(array.get(self.array_kind(), index as u32)) } else { None }
    }

    /// Overwrites the element at `index` of the array part, counted from 0, with a value that is not nil, if there is
    /// one and the array's kind can hold the value.
    #[inline(always)]
    pub fn try_set_element(self, heap: &mut Heap, index: u64, value: Value) -> bool {
        heap.barrier(self.header(), value);
        let array = self.array();
        index < u64::from(array.length()) && array.try_set(self.array_kind(), index as u32, value)
    }

    /// How many elements the array part has room for.
    pub(crate) fn array_capacity(self) -> u32 {
        self.array().capacity()
    }

    /// The metatable.
    #[inline(always)]
    pub fn metatable(self) -> Option<Gc<Table>> {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).metatable }
    }

    /// The value in a field slot.
    ///
    /// # Panics
    /// If the table's shape has no such slot.
    #[inline(always)]
    pub fn field_slot(self, slot: u32) -> Value {
        assert!(slot < self.shape().slot_count(), "a slot of another shape");
        // SAFETY: checked just above.
        unsafe { self.field_slot_unchecked(slot) }
    }

    /// The value in a field slot.
    ///
    /// # Safety
    /// The table's shape has more slots than `slot`.
    #[inline(always)]
    pub unsafe fn field_slot_unchecked(self, slot: u32) -> Value {
        debug_assert!(slot < self.shape().slot_count());
        // SAFETY: slots below the shape's count are inside the capacity and written.
        unsafe { self.fields().slots.add(slot as usize).read() }
    }

    /// Overwrites a field slot. The caller knows that this is no structural change.
    ///
    /// # Panics
    /// If the table's shape has no such slot.
    #[inline(always)]
    pub fn set_field_slot(self, heap: &mut Heap, slot: u32, value: Value) {
        assert!(slot < self.shape().slot_count(), "a slot of another shape");
        // SAFETY: checked just above.
        unsafe { self.set_field_slot_unchecked(heap, slot, value) }
    }

    /// As [`Gc::set_field_slot`].
    ///
    /// # Safety
    /// The table's shape has more slots than `slot`.
    #[inline(always)]
    pub unsafe fn set_field_slot_unchecked(self, heap: &mut Heap, slot: u32, value: Value) {
        debug_assert!(slot < self.shape().slot_count());
        heap.barrier(self.header(), value);
        // SAFETY: as in `field_slot_unchecked`.
        unsafe { self.fields().slots.add(slot as usize).write(value) }
    }

    /// Whether the table is a prototype: serves as a metatable, an `__index` target or an environment.
    #[inline(always)]
    pub fn is_prototype(self) -> bool {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.flags & TABLE_PROTOTYPE != 0 }
    }

    /// From now on the table is a prototype: a metatable, `__index` target or environment.
    pub fn become_prototype(self) {
        self.fields().header.flags |= TABLE_PROTOTYPE;
    }

    fn has_flag(self, flag: u8) -> bool {
        self.header().has_flag(flag)
    }

    /// Whether chains pass the table.
    pub(crate) fn is_watched(self) -> bool {
        self.has_flag(TABLE_WATCHED)
    }

    /// From now on a structural change is told. Caches call it before they rely on the table's structure.
    pub(crate) fn watch(self) {
        self.fields().header.flags |= TABLE_PROTOTYPE | TABLE_WATCHED;
    }

    pub(crate) fn unwatch(self) {
        self.header().clear_flag(TABLE_WATCHED);
    }

    pub(crate) fn has_one_object(self) -> bool {
        self.has_flag(TABLE_HAS_ONE_OBJECT)
    }

    pub(crate) fn set_has_one_object(self) {
        self.header().set_flag(TABLE_HAS_ONE_OBJECT);
    }

    pub(crate) fn has_many_objects(self) -> bool {
        self.has_flag(TABLE_HAS_MANY_OBJECTS)
    }

    pub(crate) fn set_has_many_objects(self) {
        self.header().clear_flag(TABLE_HAS_ONE_OBJECT);
        self.header().set_flag(TABLE_HAS_MANY_OBJECTS);
    }

    pub(crate) fn join_group(self) {
        self.header().set_flag(TABLE_IN_GROUP);
    }

    /// Before the table changes in structure: breaks the group of metatables that it is in, if it is in one.
    pub(crate) fn leave_group(self, shapes: &mut ShapeTree) {
        if self.has_flag(TABLE_IN_GROUP) {
            self.header().clear_flag(TABLE_IN_GROUP);
            shapes.break_group_of(self);
        }
    }

    /// Moves the table to another shape with the same keys in the same slots.
    pub(crate) fn set_shape(self, shape: Gc<Shape>) {
        debug_assert_eq!(self.shape().slot_count(), shape.slot_count());
        self.fields().shape = shape;
    }

    /// The set of metamethod events known to be absent in this table, one bit each (see `meta`).
    #[inline(always)]
    pub(crate) fn absent_events(self) -> u32 {
        // SAFETY: the object is live (see `Gc`).
        unsafe { (*self.as_ptr()).header.word }
    }

    #[inline]
    pub(crate) fn set_absent_events(self, events: u32) {
        self.fields().header.word = events;
    }

    fn hash_part<'a>(self) -> Option<&'a mut HashPart> {
        // SAFETY: the pointer was made from a box by `hash_part_or_new` and is freed only with the table.
        self.fields().hash.map(|hash| unsafe { &mut *hash.as_ptr() })
    }

    fn hash_part_or_new<'a>(self, heap: &mut Heap) -> Result<&'a mut HashPart, OutOfMemory> {
        if self.fields().hash.is_none() {
            heap.account(size_of::<HashPart>() as u64)?;
            self.fields().hash = Some(NonNull::from(Box::leak(Box::<HashPart>::default())));
        }
        Ok(self.hash_part().expect("it was just made"))
    }

    // Reading.

    /// The value under any key; nil if there is none.
    #[inline]
    pub fn get(self, key: Value, seed: u64) -> Value {
        match key.tag {
            Tag::Integer => self.get_integer(key.raw_integer(), seed),
            Tag::String => self.get_string(key.as_string().expect("its tag says so"), seed),
            Tag::Nil => Value::NIL,
            Tag::Float => match float_to_integer(key.raw_float()) {
                Some(integer) => self.get_integer(integer, seed),
                None => self.get_hashed(key, seed),
            },
            _ => self.get_hashed(key, seed),
        }
    }

    /// The value under an integer key.
    #[inline]
    pub fn get_integer(self, key: i64, seed: u64) -> Value {
        let index = (key as u64).wrapping_sub(1);
        let array = self.array();
        if index < u64::from(array.length()) {
            return array.get(self.array_kind(), index as u32);
        }
        match self.hash_part() {
            Some(hash) if hash.has_integer_keys() => hash.get(Value::integer(key), seed),
            _ => Value::NIL,
        }
    }

    /// The value under a string key.
    #[inline]
    pub fn get_string(self, key: Gc<LuaString>, seed: u64) -> Value {
        if key.is_short() {
            let shape = self.shape();
            if !shape.is_dictionary() {
                return match shape.slot_of(key) {
                    Some(slot) => self.field_slot(slot),
                    None => Value::NIL,
                };
            }
        }
        self.get_hashed(Value::from(key), seed)
    }

    fn get_hashed(self, key: Value, seed: u64) -> Value {
        self.hash_part().map_or(Value::NIL, |hash| hash.get(key, seed))
    }

    /// The length: a border, in constant time.
    #[inline(always)]
    pub fn length(self) -> u32 {
        self.array().length()
    }

    // Writing.

    /// Stores under any key.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was stored then.
    #[inline]
    pub fn set(
        self,
        heap: &mut Heap,
        shapes: &mut ShapeTree,
        key: Value,
        value: Value,
        seed: u64,
    ) -> Result<(), StoreError> {
        match key.tag {
            Tag::Integer => Ok(self.set_integer(heap, key.raw_integer(), value, seed)?),
            Tag::String => Ok(self.set_string(heap, shapes, key.as_string().expect("its tag says so"), value, seed)?),
            Tag::Nil => Err(StoreError::NilKey),
            Tag::Float => match float_to_integer(key.raw_float()) {
                Some(integer) => Ok(self.set_integer(heap, integer, value, seed)?),
                None if key.raw_float().is_nan() => Err(StoreError::NanKey),
                None => Ok(self.set_hashed(heap, key, value, seed)?),
            },
            _ => Ok(self.set_hashed(heap, key, value, seed)?),
        }
    }

    /// Replaces the value of a key that has one. `false` if that is not all there is to it; nothing was stored then.
    #[inline]
    pub fn replace(self, heap: &mut Heap, key: Value, value: Value, seed: u64) -> bool {
        if self.is_prototype() {
            return false;
        }
        if let Some(name) = key.as_string()
            && name.is_short()
            && !self.shape().is_dictionary()
        {
            // SAFETY: the slot is one of the shape, which the table has.
            let is_there = |slot: &u32| unsafe { !self.field_slot_unchecked(*slot).is_nil() };
            let Some(slot) = self.shape().slot_of(name).filter(is_there).filter(|_| !name.is_meta_key()) else {
                return false;
            };
            // SAFETY: as above.
            unsafe { self.set_field_slot_unchecked(heap, slot, value) };
            return true;
        }
        if let Some(index) = key.as_integer().map(|key| (key as u64).wrapping_sub(1))
            && index < u64::from(self.length())
        {
            heap.barrier(self.header(), value);
            return self.array().try_replace(self.array_kind(), index as u32, value);
        }
        let Some(hash) = self.hash_part() else { return false };
        match hash.find(key, seed) {
            Some(number) if !hash.entries()[number as usize].value.is_nil() => {
                heap.barrier(self.header(), value);
                hash.entries_mut()[number as usize].value = value;
                true
            }
            _ => false,
        }
    }

    /// Stores under an integer key.
    ///
    /// # Errors
    /// [`OutOfMemory`]; nothing was stored then.
    #[inline]
    pub fn set_integer(self, heap: &mut Heap, key: i64, value: Value, seed: u64) -> Result<(), OutOfMemory> {
        heap.barrier(self.header(), value);
        let index = (key as u64).wrapping_sub(1);
        let length = u64::from(self.length());
        if index < length && !value.is_nil() && self.array().try_set(self.array_kind(), index as u32, value) {
            return Ok(());
        }
        self.set_integer_slow(heap, key, value, seed)
    }

    #[inline(never)]
    fn set_integer_slow(self, heap: &mut Heap, key: i64, value: Value, seed: u64) -> Result<(), OutOfMemory> {
        let index = (key as u64).wrapping_sub(1);
        let length = u64::from(self.length());
        let mut kind = self.array_kind();
        if index < length {
            let done = if value.is_nil() {
                self.array().clear(heap, &mut kind, index as u32)
            } else {
                self.array().set(heap, &mut kind, index as u32, value)
            };
            self.set_array_kind(kind);
            return done;
        }
        if index == length && index < u64::from(MAX_ARRAY_LENGTH) && !value.is_nil() {
            return self.append(heap, value, seed);
        }
        let has_room = index < u64::from(self.array().capacity()) && index > length && index - length <= MAX_GAP;
        if has_room && !value.is_nil() && !self.is_hashed(key, seed) {
            return self.set_behind_gap(heap, index as u32, value, seed);
        }
        self.set_hashed(heap, Value::integer(key), value, seed)
    }

    /// Whether an integer key has a value in the hash part. There it stays while it is only overwritten: a traversal may be under
    /// way.
    fn is_hashed(self, key: i64, seed: u64) -> bool {
        let hash = self.hash_part().filter(|hash| hash.has_integer_keys());
        hash.is_some_and(|hash| !hash.get(Value::integer(key), seed).is_nil())
    }

    /// Stores a value that is not nil at an index (from 0) behind the length, for which the array part has room; in between are
    /// holes. Arrays whose elements come and go in any order stay arrays so.
    fn set_behind_gap(self, heap: &mut Heap, index: u32, value: Value, seed: u64) -> Result<(), OutOfMemory> {
        let (mut kind, length, capacity) = (self.array_kind(), self.length(), self.array().capacity());
        let is_boolean = kind == ArrayKind::Boolean && ArrayKind::of(value.tag) == ArrayKind::Boolean;
        if !is_boolean && kind != ArrayKind::Any {
            self.array().change(heap, &mut kind, ArrayKind::Any, capacity)?;
            self.set_array_kind(kind);
        }
        self.array().extend_with_holes(kind, index + 1);
        self.array().try_set(kind, index, value);
        // What waits in the hash part belongs here now.
        if let Some(hash) = self.hash_part().filter(|hash| hash.has_integer_keys()) {
            for at in length..=index {
                let Some(number) = hash.find(Value::integer(i64::from(at) + 1), seed) else { continue };
                let waiting = std::mem::replace(&mut hash.entries_mut()[number as usize].value, Value::NIL);
                if at < index && !waiting.is_nil() {
                    self.set_element(heap, at, waiting)?;
                }
            }
        }
        self.absorb_waiting(heap, seed)
    }

    /// Overwrites an element below the length by a value that is not nil.
    fn set_element(self, heap: &mut Heap, index: u32, value: Value) -> Result<(), OutOfMemory> {
        let mut kind = self.array_kind();
        let done = self.array().set(heap, &mut kind, index, value);
        self.set_array_kind(kind);
        done
    }

    /// Stores `value`, which is not nil, under `length + 1`, if the array part has room, its kind can hold the value, and
    /// no key can wait in the hash part. For engines' fast paths; the caller has passed the barrier.
    #[inline(always)]
    pub fn try_append(self, value: Value) -> bool {
        self.fields().hash.is_none() && self.array().try_push(self.array_kind(), value)
    }

    /// Stores under `length + 1`. `value` is not nil.
    fn append(self, heap: &mut Heap, value: Value, seed: u64) -> Result<(), OutOfMemory> {
        let mut kind = self.array_kind();
        let done = self.array().push(heap, &mut kind, value);
        self.set_array_kind(kind);
        done?;
        self.absorb_waiting(heap, seed)
    }

    /// Moves the keys `length + 1` and on, as long as they wait in the hash part, to the array part.
    fn absorb_waiting(self, heap: &mut Heap, seed: u64) -> Result<(), OutOfMemory> {
        let mut kind = self.array_kind();
        while let Some(hash) = self.hash_part().filter(|hash| hash.has_integer_keys()) {
            let next = i64::from(self.length()) + 1;
            let Some(number) = hash.find(Value::integer(next), seed) else { break };
            let waiting = hash.entries()[number as usize].value;
            if waiting.is_nil() {
                break;
            }
            let done = self.array().push(heap, &mut kind, waiting);
            self.set_array_kind(kind);
            done?;
            hash.entries_mut()[number as usize].value = Value::NIL;
        }
        Ok(())
    }

    /// Stores under a string key.
    ///
    /// # Errors
    /// [`OutOfMemory`]; nothing was stored then.
    #[inline]
    pub fn set_string(
        self,
        heap: &mut Heap,
        shapes: &mut ShapeTree,
        key: Gc<LuaString>,
        value: Value,
        seed: u64,
    ) -> Result<(), OutOfMemory> {
        if key.is_short() && !self.shape().is_dictionary() {
            if let Some(slot) = self.shape().slot_of(key) {
                if self.is_prototype() || key.is_meta_key() {
                    let before = self.field_slot(slot);
                    if before.tag == value.tag && before.payload == value.payload {
                        return Ok(());
                    }
                    self.note_change(shapes, key, before.is_nil() != value.is_nil());
                }
                self.set_field_slot(heap, slot, value);
                return Ok(());
            }
            if value.is_nil() {
                return Ok(());
            }
            self.note_change(shapes, key, true);
            if self.add_slot(heap, shapes, key, value)? {
                return Ok(());
            }
            self.make_dictionary(heap, shapes, seed)?;
        } else if self.is_prototype() || key.is_meta_key() {
            self.note_change(shapes, key, true);
        }
        self.set_hashed(heap, Value::from(key), value, seed)
    }

    /// What a store of another value to `key` means for caches: the known-absent metamethods of this table, and the
    /// chains that pass it.
    fn note_change(self, shapes: &mut ShapeTree, key: Gc<LuaString>, structural: bool) {
        if key.is_meta_key() {
            self.set_absent_events(0);
            shapes.string_methods.set(None);
        }
        if structural || key.is_meta_key() {
            self.tell_change(shapes);
        }
    }

    /// The structure is about to change: chains that pass the table end, and so does a group that it is in.
    fn tell_change(self, shapes: &mut ShapeTree) {
        self.leave_group(shapes);
        if self.is_watched() {
            shapes.chains.table_changed(self);
        }
    }

    /// Adds a field; `false` if the table must become a dictionary.
    fn add_slot(
        self,
        heap: &mut Heap,
        shapes: &mut ShapeTree,
        key: Gc<LuaString>,
        value: Value,
    ) -> Result<bool, OutOfMemory> {
        let max_slots = if self.is_prototype() { MAX_SLOTS_PROTOTYPE } else { MAX_SLOTS };
        let Some(shape) = shapes.with_key(heap, self.shape(), key, max_slots)? else { return Ok(false) };
        self.add_cached_slot(heap, shape, value)?;
        Ok(true)
    }

    /// Moves the table from its shape to a child that has one key more, as a cache may know it.
    ///
    /// # Errors
    /// [`OutOfMemory`]; nothing was stored then.
    ///
    /// # Panics
    /// If `shape` is no child of the table's shape by a key.
    #[inline]
    pub fn add_cached_slot(self, heap: &mut Heap, shape: Gc<Shape>, value: Value) -> Result<(), OutOfMemory> {
        assert!(shape.is_child_by_key(self.shape()), "a shape that is no child by a key");
        let slot = shape.slot_count() - 1;
        if slot >= self.fields().slot_capacity {
            self.grow_slots(heap)?;
        }
        heap.barrier(self.header(), value);
        let fields = self.fields();
        // SAFETY: the slot is below the capacity, made sure of just above.
        unsafe { fields.slots.add(slot as usize).write(value) };
        fields.shape = shape;
        Ok(())
    }

    #[inline(never)]
    fn grow_slots(self, heap: &mut Heap) -> Result<(), OutOfMemory> {
        let capacity = (self.fields().slot_capacity * 2).max(FIRST_SLOT_CAPACITY);
        let memory = heap.allocate_buffer(slots_layout(capacity))?.cast::<Value>();
        // SAFETY: both areas hold at least the old capacity; slots in use are below it.
        unsafe { memory.copy_from_nonoverlapping(self.fields().slots, self.shape().slot_count() as usize) };
        self.release_slots(heap);
        let fields = self.fields();
        fields.slots = memory;
        fields.slot_capacity = capacity;
        Ok(())
    }

    fn release_slots(self, heap: &mut Heap) {
        let inline = self.inline_slots_start();
        let fields = self.fields();
        if fields.slots != inline {
            // SAFETY: slots outside the object were allocated by `grow_slots` with this layout.
            unsafe { heap.free_buffer(fields.slots.cast(), slots_layout(fields.slot_capacity)) };
            fields.slots = inline;
            fields.slot_capacity = fields.inline_slots;
        }
    }

    fn set_hashed(self, heap: &mut Heap, key: Value, value: Value, seed: u64) -> Result<(), OutOfMemory> {
        heap.barrier(self.header(), value);
        if let Some(hash) = self.hash_part()
            && let Some(number) = hash.find(key, seed)
        {
            hash.entries_mut()[number as usize].value = value;
            return Ok(());
        }
        if value.is_nil() {
            return Ok(());
        }
        heap.barrier(self.header(), key);
        if self.hash_part_or_new(heap)?.is_full() {
            if key.tag == Tag::Integer && self.move_integers_to_array(heap, key.raw_integer(), value, seed)? {
                return Ok(());
            }
            self.hash_part_or_new(heap)?.rebuild(heap, 1, seed)?;
        }
        self.hash_part_or_new(heap)?.add(key, value, seed);
        Ok(())
    }

    /// When the hash part is full: moves integer keys to the array part, and the new one with them, if more than half
    /// of the array's new length would be used (the rule of PUC Lua's `computesizes`). `false` if nothing was moved.
    fn move_integers_to_array(
        self,
        heap: &mut Heap,
        new_key: i64,
        new_value: Value,
        seed: u64,
    ) -> Result<bool, OutOfMemory> {
        let hash = self.hash_part().expect("it is full");
        let mut counts = KeyCounts::default();
        let mut kinds = ArrayKind::of(new_value.tag);
        self.array().count_elements(self.array_kind(), &mut counts);
        counts.add(new_key);
        for entry in hash.entries().iter().filter(|entry| !entry.value.is_nil()) {
            if let Some(key) = entry.key.as_integer() {
                counts.add(key);
                if ArrayKind::of(entry.value.tag) != kinds {
                    kinds = ArrayKind::Any;
                }
            }
        }
        let length = i64::from(self.length());
        let best = counts.best_array_length();
        if new_key <= length || new_key > best {
            return Ok(false);
        }
        // There will be holes, so the kind needs tags.
        let mut kind = self.array_kind();
        let fits = kinds == ArrayKind::Boolean && matches!(kind, ArrayKind::Empty | ArrayKind::Boolean);
        let target = if fits { ArrayKind::Boolean } else { ArrayKind::Any };
        let capacity = (best as u32).max(self.array().capacity());
        self.array().change(heap, &mut kind, target, capacity)?;
        self.set_array_kind(kind);
        self.array().extend_with_holes(kind, best as u32);
        self.array().try_set(kind, (new_key - 1) as u32, new_value);
        for entry in hash.entries_mut().iter_mut().filter(|entry| !entry.value.is_nil()) {
            if let Some(key) = entry.key.as_integer()
                && (1..=best).contains(&key)
            {
                self.array().try_set(kind, (key - 1) as u32, entry.value);
                entry.value = Value::NIL;
            }
        }
        self.array().trim(kind);
        self.absorb_waiting(heap, seed)?;
        Ok(true)
    }

    // Structure.

    /// Sets the metatable.
    ///
    /// # Errors
    /// [`OutOfMemory`]; nothing was changed then.
    pub fn set_metatable(
        self,
        heap: &mut Heap,
        shapes: &mut ShapeTree,
        metatable: Option<Gc<Table>>,
    ) -> Result<(), OutOfMemory> {
        if self.metatable() == metatable {
            return Ok(());
        }
        let shape = shapes.under_metatable(heap, self, metatable)?;
        if let Some(metatable) = metatable {
            metatable.become_prototype();
            heap.barrier(self.header(), Value::from(metatable));
        }
        self.tell_change(shapes);
        let fields = self.fields();
        fields.shape = shape;
        fields.metatable = metatable;
        Ok(())
    }

    /// Makes room for `capacity` elements; an empty array part takes the kind `kind`.
    ///
    /// # Errors
    /// [`OutOfMemory`].
    pub fn reserve_array(self, heap: &mut Heap, kind: ArrayKind, capacity: u32) -> Result<(), OutOfMemory> {
        if kind == ArrayKind::Empty {
            return Ok(());
        }
        let mut current = self.array_kind();
        let done = self.array().reserve(heap, &mut current, kind, capacity);
        self.set_array_kind(current);
        done
    }

    /// The entry after `key` in traversal order (array part, fields by age, other keys by age); `None` at the end.
    /// A nil key starts.
    ///
    /// # Errors
    /// [`UnknownKey`] if the key is not in the table.
    pub fn next(self, key: Value, seed: u64) -> Result<Option<(Value, Value)>, UnknownKey> {
        let (mut array_at, mut slot_at, mut hash_at) = (0u32, 0u32, 0u32);
        match self.position_of(key, seed)? {
            Position::Start => {}
            Position::Array(index) => array_at = index + 1,
            Position::Slot(slot) => (array_at, slot_at) = (u32::MAX, slot + 1),
            Position::Hash(number) => (array_at, slot_at, hash_at) = (u32::MAX, u32::MAX, number + 1),
        }
        while array_at < self.length() {
            let value = self.array().get(self.array_kind(), array_at);
            if !value.is_nil() {
                return Ok(Some((Value::integer(i64::from(array_at) + 1), value)));
            }
            array_at += 1;
        }
        let shape = self.shape();
        while slot_at < shape.slot_count() {
            let value = self.field_slot(slot_at);
            if !value.is_nil() {
                return Ok(Some((Value::from(shape.key_at(slot_at)), value)));
            }
            slot_at += 1;
        }
        if let Some(hash) = self.hash_part() {
            let rest = hash.entries().get(hash_at as usize..).unwrap_or_default();
            if let Some(entry) = rest.iter().find(|entry| !entry.value.is_nil()) {
                return Ok(Some((entry.key, entry.value)));
            }
        }
        Ok(None)
    }

    fn position_of(self, key: Value, seed: u64) -> Result<Position, UnknownKey> {
        // No key of a table is a float with an integral value, so that `next` refuses one, as in PUC Lua.
        if key.is_nil() {
            return Ok(Position::Start);
        }
        if let Some(integer) = key.as_integer()
            && (1..=i64::from(self.length())).contains(&integer)
        {
            return Ok(Position::Array(integer as u32 - 1));
        }
        if let Some(string) = key.as_string()
            && string.is_short()
            && let Some(slot) = self.shape().slot_of(string)
        {
            return Ok(Position::Slot(slot));
        }
        if let Some(number) = self.hash_part().and_then(|hash| hash.find(key, seed)) {
            return Ok(Position::Hash(number));
        }
        match key.as_integer() {
            // An element that the traversal cleared may lie past the length by now, but not past the capacity.
            Some(integer) if (1..=i64::from(self.array().capacity())).contains(&integer) => {
                Ok(Position::Array(integer as u32 - 1))
            }
            _ => Err(UnknownKey),
        }
    }

    // Collection.

    /// Shows the entries of the hash part, and checks how it is organised.
    ///
    /// # Panics
    /// If a key is not found, or is in a place where no lookup of it looks.
    pub(crate) fn check_hash_part(self, seed: u64, mut visit: impl FnMut(Value, Value)) {
        let Some(hash) = self.hash_part() else { return };
        for (number, entry) in hash.entries().iter().enumerate() {
            visit(entry.key, entry.value);
            if entry.value.is_nil() {
                continue;
            }
            assert!(hash.find(entry.key, seed) == Some(number as u32), "a key that its table does not find");
            match entry.key.tag {
                Tag::Integer => {
                    let first = 1 + i64::from(self.length());
                    assert!(!(1..=first).contains(&entry.key.raw_integer()), "a key that belongs to the array part");
                    assert!(hash.has_integer_keys(), "an integer key that no lookup would look for");
                }
                Tag::String => {
                    let is_field = entry.key.as_string().is_some_and(Gc::<LuaString>::is_short);
                    assert!(!is_field || self.shape().is_dictionary(), "a field outside of its shape");
                }
                Tag::Float => assert!(float_to_integer(entry.key.raw_float()).is_none(), "a float that is an integer"),
                Tag::Nil | Tag::Frame => panic!("a value without a key"),
                Tag::False | Tag::True | Tag::Table | Tag::Closure | Tag::Native => {}
                Tag::Thread | Tag::Userdata | Tag::Cell => {}
            }
        }
    }

    /// Frees what the table owns outside its cell.
    ///
    /// # Safety
    /// The table is dead and its memory is about to be reused.
    pub(crate) unsafe fn drop_parts(self, heap: &mut Heap) {
        self.array().release(heap, self.array_kind());
        self.release_slots(heap);
        if let Some(hash) = self.fields().hash.take() {
            // SAFETY: made by `Box::leak` in `hash_part_or_new`, and taken out of the dead table just now.
            let hash = unsafe { Box::from_raw(hash.as_ptr()) };
            heap.unaccount(hash.accounted_bytes() + size_of::<HashPart>() as u64);
        }
    }
}

enum Position {
    Start,
    Array(u32),
    Slot(u32),
    Hash(u32),
}

fn slots_layout(capacity: u32) -> Layout {
    Layout::array::<Value>(capacity as usize).expect("slot counts are far below the address space")
}
