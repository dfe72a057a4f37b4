//! The array part of a table: keys `1..=length`, stored as payloads and tags apart, with a kind.
//!
//! One allocation; the pointer stands between its two halves: the payload of element `i` (from 0) is the 8 bytes at
//! `pointer - 8 * (i + 1)`, its tag the byte at `pointer + i`. The kind says which halves exist:
//!
//! | kind | payloads | tags | elements |
//! |---|---|---|---|
//! | empty | no | no | none, capacity 0 |
//! | integer | yes | no | integers, no holes |
//! | float | yes | no | floats, no holes |
//! | boolean | no | yes | booleans, holes are nil |
//! | any | yes | yes | anything, holes are nil |
//!
//! Kinds only widen, and integers never become floats. The last element below `length` is never nil. This file knows
//! no metatables and no hash part; `table` decides what goes here.

use std::alloc::Layout;
use std::ptr::NonNull;

use crate::heap::{Heap, OutOfMemory};
use crate::value::{Tag, Value};

/// What an array part can hold. The numbers are part of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ArrayKind {
    /// Nothing.
    Empty = 0,
    /// Integers only.
    Integer = 1,
    /// Floats only.
    Float = 2,
    /// Booleans and nil.
    Boolean = 3,
    /// Anything.
    Any = 4,
}

impl ArrayKind {
    /// The narrowest kind that can hold `tag`.
    #[inline]
    pub fn of(tag: Tag) -> ArrayKind {
        match tag {
            Tag::Integer => ArrayKind::Integer,
            Tag::Float => ArrayKind::Float,
            Tag::False | Tag::True => ArrayKind::Boolean,
            _ => ArrayKind::Any,
        }
    }

    fn has_payloads(self) -> bool {
        matches!(self, ArrayKind::Integer | ArrayKind::Float | ArrayKind::Any)
    }

    #[inline(always)]
    fn has_tags(self) -> bool {
        matches!(self, ArrayKind::Boolean | ArrayKind::Any)
    }

    fn layout(self, capacity: u32) -> Result<Layout, OutOfMemory> {
        let payloads = if self.has_payloads() { 8 * capacity as usize } else { 0 };
        let tags = if self.has_tags() { capacity as usize } else { 0 };
        Layout::from_size_align(payloads + tags, 8).map_err(|_| OutOfMemory)
    }
}

/// The kind below [`ArrayKind::Any`] that can hold a tag, holes included, by the number of the tag; 255 for none.
const NARROW_KINDS: [u8; 256] = {
    let mut kinds = [u8::MAX; 256];
    kinds[Tag::Nil as usize] = ArrayKind::Boolean as u8;
    kinds[Tag::False as usize] = ArrayKind::Boolean as u8;
    kinds[Tag::True as usize] = ArrayKind::Boolean as u8;
    kinds[Tag::Integer as usize] = ArrayKind::Integer as u8;
    kinds[Tag::Float as usize] = ArrayKind::Float as u8;
    kinds
};

/// Elements that the first allocation has room for.
const FIRST_CAPACITY: u32 = 4;
/// The most elements of an array part; further keys go to the hash part.
pub const MAX_ARRAY_LENGTH: u32 = 1 << 30;

/// How many integer keys of a table lie in each range `(2^(i-1), 2^i]`.
#[derive(Default)]
pub(crate) struct KeyCounts([u32; 32]);

impl KeyCounts {
    /// Counts a key, if an array part could have it.
    pub(crate) fn add(&mut self, key: i64) {
        if (1..=i64::from(MAX_ARRAY_LENGTH)).contains(&key) {
            self.0[(key as u64).next_power_of_two().trailing_zeros() as usize] += 1;
        }
    }

    /// The largest power of two of which more than half would be used; 0 if there is none.
    pub(crate) fn best_array_length(&self) -> i64 {
        let mut used = 0;
        let mut best = 0;
        for (i, count) in self.0.iter().enumerate() {
            let size = 1i64 << i;
            used += i64::from(*count);
            if used > size / 2 {
                best = size;
            }
        }
        best
    }
}

/// An array part, as it lies in a table.
#[repr(C)]
pub struct ArrayPart {
    /// Stands between payloads and tags; dangling while the kind is empty.
    pointer: NonNull<u8>,
    length: u32,
    capacity: u32,
}

/// Offset of the pointer in an array part.
pub const ARRAY_POINTER_OFFSET: usize = 0;
/// Offset of the length (u32).
pub const ARRAY_LENGTH_OFFSET: usize = 8;
/// Offset of the capacity (u32).
pub const ARRAY_CAPACITY_OFFSET: usize = 12;

const _: () = {
    assert!(size_of::<ArrayPart>() == 16);
    assert!(std::mem::offset_of!(ArrayPart, pointer) == ARRAY_POINTER_OFFSET);
    assert!(std::mem::offset_of!(ArrayPart, length) == ARRAY_LENGTH_OFFSET);
    assert!(std::mem::offset_of!(ArrayPart, capacity) == ARRAY_CAPACITY_OFFSET);
};

impl ArrayPart {
    pub(crate) const EMPTY: ArrayPart = ArrayPart { pointer: NonNull::dangling(), length: 0, capacity: 0 };

    /// The length: the index of the last element, which is not nil, or 0.
    #[inline(always)]
    pub(crate) fn length(&self) -> u32 {
        self.length
    }

    /// Elements that fit without growing.
    #[inline(always)]
    pub(crate) fn capacity(&self) -> u32 {
        self.capacity
    }

    #[inline(always)]
    fn payload(&self, index: u32) -> *mut u64 {
        // SAFETY: only called for kinds with payloads and `index < capacity`: the address is inside the allocation.
        unsafe { self.pointer.as_ptr().cast::<u64>().sub(index as usize + 1) }
    }

    #[inline(always)]
    fn tag(&self, index: u32) -> *mut Tag {
        // SAFETY: only called for kinds with tags and `index < capacity`: the address is inside the allocation.
        unsafe { self.pointer.as_ptr().cast::<Tag>().add(index as usize) }
    }

    /// The element at `index` (from 0), which must be below the length.
    #[inline(always)]
    pub(crate) fn get(&self, kind: ArrayKind, index: u32) -> Value {
        debug_assert!(index < self.length && kind != ArrayKind::Empty);
        // SAFETY: the index is below the length; the kind says which halves exist, and all elements are written. Two tests
        // instead of a `match`, which would be a jump through a table at every access.
        unsafe {
            if kind.has_tags() {
                let payload = if kind == ArrayKind::Any { *self.payload(index) } else { 0 };
                Value::from_parts(payload, *self.tag(index))
            } else {
                let tag = if kind == ArrayKind::Integer { Tag::Integer } else { Tag::Float };
                Value::from_parts(*self.payload(index), tag)
            }
        }
    }

    /// Overwrites the element at `index` (below the length) with a value that is not nil, if the kind can hold it.
    #[inline(always)]
    pub(crate) fn try_set(&mut self, kind: ArrayKind, index: u32, value: Value) -> bool {
        debug_assert!(index < self.length && !value.is_nil());
        self.try_write(kind, index, value)
    }

    /// Writes an element below the capacity, if the kind can hold it.
    #[inline(always)]
    fn try_write(&mut self, kind: ArrayKind, index: u32, value: Value) -> bool {
        debug_assert!(index < self.capacity);
        // SAFETY: the index is below the capacity; the kind says which halves exist. Tests as in `get`.
        unsafe {
            if kind == ArrayKind::Any {
                *self.payload(index) = value.payload;
                *self.tag(index) = value.tag;
            } else if NARROW_KINDS[value.tag as usize] != kind as u8 {
                return false;
            } else if kind == ArrayKind::Boolean {
                *self.tag(index) = value.tag;
            } else {
                *self.payload(index) = value.payload;
            }
        }
        true
    }

    /// Appends a value that is not nil if there is room and the kind can hold it.
    #[inline(always)]
    pub(crate) fn try_push(&mut self, kind: ArrayKind, value: Value) -> bool {
        debug_assert!(!value.is_nil());
        if self.length < self.capacity && self.try_write(kind, self.length, value) {
            self.length += 1;
            return true;
        }
        false
    }

    /// Overwrites the element at `index`, widening the kind if needed. `value` is not nil.
    pub(crate) fn set(
        &mut self,
        heap: &mut Heap,
        kind: &mut ArrayKind,
        index: u32,
        value: Value,
    ) -> Result<(), OutOfMemory> {
        if !self.try_set(*kind, index, value) {
            self.change(heap, kind, ArrayKind::Any, self.capacity)?;
            self.try_write(*kind, index, value);
        }
        Ok(())
    }

    /// Appends a value that is not nil, growing and widening as needed.
    pub(crate) fn push(&mut self, heap: &mut Heap, kind: &mut ArrayKind, value: Value) -> Result<(), OutOfMemory> {
        if self.try_push(*kind, value) {
            return Ok(());
        }
        let needed = ArrayKind::of(value.tag);
        let target = if *kind == ArrayKind::Empty || *kind == needed { needed } else { ArrayKind::Any };
        let capacity = if self.length < self.capacity {
            self.capacity
        } else {
            self.capacity.saturating_mul(2).clamp(FIRST_CAPACITY, MAX_ARRAY_LENGTH)
        };
        if self.length >= capacity {
            return Err(OutOfMemory);
        }
        self.change(heap, kind, target, capacity)?;
        self.try_push(*kind, value);
        Ok(())
    }

    /// Makes room for `capacity` elements; an empty array becomes one of kind `wanted`.
    pub(crate) fn reserve(
        &mut self,
        heap: &mut Heap,
        kind: &mut ArrayKind,
        wanted: ArrayKind,
        capacity: u32,
    ) -> Result<(), OutOfMemory> {
        if capacity <= self.capacity {
            return Ok(());
        }
        let target = if *kind == ArrayKind::Empty { wanted } else { *kind };
        // At least doubled, so that asking for a little more each time costs linear time in all.
        let capacity = if self.capacity == 0 { capacity } else { capacity.max(self.capacity.saturating_mul(2)) };
        self.change(heap, kind, target, capacity)
    }

    /// Sets the element at `index` (below the length) to nil: a hole, or a shorter array if it is the last.
    pub(crate) fn clear(&mut self, heap: &mut Heap, kind: &mut ArrayKind, index: u32) -> Result<(), OutOfMemory> {
        if index + 1 == self.length {
            self.length = index;
            self.trim(*kind);
            return Ok(());
        }
        if !kind.has_tags() {
            self.change(heap, kind, ArrayKind::Any, self.capacity)?;
        }
        self.try_write(*kind, index, Value::NIL);
        Ok(())
    }

    /// Overwrites the element at `index` (below the length), which is no hole, with any value, if the kind can hold it; `false`
    /// if not, and nothing was written then.
    pub(crate) fn try_replace(&mut self, kind: ArrayKind, index: u32, value: Value) -> bool {
        if self.get(kind, index).is_nil() {
            return false;
        }
        if !value.is_nil() {
            return self.try_write(kind, index, value);
        }
        if index + 1 == self.length {
            self.length = index;
            self.trim(kind);
            return true;
        }
        kind.has_tags() && self.try_write(kind, index, Value::NIL)
    }

    /// Makes the element at `index` of an array of kind `any` a hole. The caller trims the array afterwards.
    pub(crate) fn set_hole(&mut self, index: u32) {
        self.try_write(ArrayKind::Any, index, Value::NIL);
    }

    /// Extends the array to `length` with holes, for a rehash that moves sparse keys here. Needs a kind with tags and
    /// the capacity. The caller writes the last element before anything else reads the array.
    pub(crate) fn extend_with_holes(&mut self, kind: ArrayKind, length: u32) {
        debug_assert!(kind.has_tags() && length <= self.capacity);
        for index in self.length..length {
            self.try_write(kind, index, Value::NIL);
        }
        self.length = self.length.max(length);
    }

    /// Counts the elements that are not holes, by their keys.
    pub(crate) fn count_elements(&self, kind: ArrayKind, counts: &mut KeyCounts) {
        for index in (0..self.length).filter(|index| !self.get(kind, *index).is_nil()) {
            counts.add(i64::from(index) + 1);
        }
    }

    /// Cuts trailing holes off.
    pub(crate) fn trim(&mut self, kind: ArrayKind) {
        while self.length > 0 && self.get(kind, self.length - 1).is_nil() {
            self.length -= 1;
        }
    }

    /// Appends values that are not nil, if there is room and the kind can hold them all. `false` if not; nothing was appended
    /// then.
    pub(crate) fn try_extend(&mut self, kind: ArrayKind, values: &[Value]) -> bool {
        let end = u64::from(self.length) + values.len() as u64;
        let fits = |value: &Value| kind == ArrayKind::Any || ArrayKind::of(value.tag) == kind;
        if end > u64::from(self.capacity) || values.iter().any(|value| value.is_nil() || !fits(value)) {
            return false;
        }
        for (index, value) in (self.length..).zip(values) {
            self.try_write(kind, index, *value);
        }
        self.length = end as u32;
        true
    }

    /// Moves to another kind, capacity, or both.
    pub(crate) fn change(
        &mut self,
        heap: &mut Heap,
        kind: &mut ArrayKind,
        target: ArrayKind,
        capacity: u32,
    ) -> Result<(), OutOfMemory> {
        debug_assert!(capacity >= self.length && capacity > 0 && target != ArrayKind::Empty);
        let layout = target.layout(capacity)?;
        let memory = heap.allocate_buffer(layout)?;
        let payload_bytes = if target.has_payloads() { 8 * capacity as usize } else { 0 };
        // SAFETY: the offset is inside the new allocation (or one past its end).
        let pointer = unsafe { memory.add(payload_bytes) };
        let mut new = ArrayPart { pointer, length: self.length, capacity };
        if *kind == target {
            let (payloads, tags) = (
                if target.has_payloads() { self.length as usize } else { 0 },
                if target.has_tags() { self.length as usize } else { 0 },
            );
            // SAFETY: both allocations hold the elements below the length, in halves on the two sides of the pointer.
            unsafe {
                let source = self.pointer.as_ptr().cast::<u64>().sub(payloads);
                new.pointer.as_ptr().cast::<u64>().sub(payloads).copy_from_nonoverlapping(source, payloads);
                new.pointer.as_ptr().copy_from_nonoverlapping(self.pointer.as_ptr(), tags);
            }
        } else {
            for index in 0..self.length {
                new.try_write(target, index, self.get(*kind, index));
            }
        }
        self.release(heap, *kind);
        *self = new;
        *kind = target;
        Ok(())
    }

    /// Frees the allocation; the array is empty afterwards and the caller resets the kind.
    pub(crate) fn release(&mut self, heap: &mut Heap, kind: ArrayKind) {
        if self.capacity > 0 {
            let layout = kind.layout(self.capacity).expect("it was allocated with this layout");
            let payload_bytes = if kind.has_payloads() { 8 * self.capacity as usize } else { 0 };
            // SAFETY: this is the start of the allocation that `change` made with this layout.
            unsafe { heap.free_buffer(self.pointer.sub(payload_bytes), layout) };
        }
        *self = ArrayPart::EMPTY;
    }
}
