//! Tables whose string keys are data and not fields: dictionaries. And the way back, for a table that turns out to be a
//! class: built by copying methods under computed names, it became a dictionary before anything was looked up behind it.
//!
//! When a table becomes a dictionary is decided in `table` and `shape`; when one stops being it, in `operations::field`.

use super::Table;
use crate::heap::object::Gc;
use crate::heap::{Heap, OutOfMemory};
use crate::objects::shape::{MAX_SLOTS_PROTOTYPE, ShapeTree};
use crate::value::Value;

/// A dictionary with more entries than this stays one. Half of what a prototype may have as fields, so that a table at the
/// limit does not go back and forth.
const MAX_ENTRIES: usize = MAX_SLOTS_PROTOTYPE as usize / 2;

impl Gc<Table> {
    pub(super) fn make_dictionary(self, heap: &mut Heap, shapes: &mut ShapeTree, seed: u64) -> Result<(), OutOfMemory> {
        let shape = self.shape();
        let target = shapes.dictionary_like(heap, shape)?;
        self.tell_change(shapes);
        let hash = self.hash_part_or_new(heap)?;
        hash.rebuild(heap, shape.slot_count() as usize + 1, seed)?;
        for slot in 0..shape.slot_count() {
            let value = self.field_slot(slot);
            if !value.is_nil() {
                hash.add(Value::from(shape.key_at(slot)), value, seed);
            }
        }
        self.release_slots(heap);
        self.fields().shape = target;
        Ok(())
    }

    /// Makes the entries of a dictionary fields in slots, because lookups pass the table on their way along `__index`.
    /// `false` if it stays a dictionary: it is none, it is too large, or it has other keys than short strings, among
    /// which a traversal could be under way.
    ///
    /// # Errors
    /// [`OutOfMemory`]; the table was not changed then.
    pub(crate) fn make_fields(self, heap: &mut Heap, shapes: &mut ShapeTree) -> Result<bool, OutOfMemory> {
        let Some(hash) = self.hash_part().filter(|_| self.shape().is_dictionary()) else { return Ok(false) };
        let is_short = |key: Value| key.as_string().is_some_and(|key| key.is_short());
        if hash.entries().len() > MAX_ENTRIES || !hash.entries().iter().all(|entry| is_short(entry.key)) {
            return Ok(false);
        }
        // In the order of the entries, those without a value too: a traversal goes on where it was.
        let mut shape = shapes.fields_like(heap, self.shape())?;
        for entry in hash.entries() {
            let Some(key) = entry.key.as_string() else { unreachable!("all keys are strings") };
            shape = shapes.child_by_key(heap, shape, key)?;
        }
        self.reserve_slots(heap, hash.entries().len() as u32)?;
        self.become_prototype();
        self.tell_change(shapes);
        let fields = self.fields();
        for (slot, entry) in hash.entries().iter().enumerate() {
            // SAFETY: the slot is below the capacity, made sure of above. The table keeps the values that it had.
            unsafe { fields.slots.add(slot).write(entry.value) };
        }
        fields.shape = shape;
        hash.clear(heap);
        Ok(true)
    }

    /// Makes sure that there is room for so many slots, none of which is in use.
    fn reserve_slots(self, heap: &mut Heap, count: u32) -> Result<(), OutOfMemory> {
        while self.fields().slot_capacity < count {
            self.grow_slots(heap)?;
        }
        Ok(())
    }
}
