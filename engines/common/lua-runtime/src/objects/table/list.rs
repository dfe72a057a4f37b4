//! The positional values of a constructor, of `table.pack` and of `{...}`: what becomes of the nils among them.
//!
//! PUC Lua makes the array part as long as the list, and `#` finds a border in it: the end, if the last value is not
//! nil, else one that it looks for by halves. Here the array part ends at that border, so that `#` need not look. This
//! file must not know where the values come from.

use super::Table;
use crate::heap::object::Gc;
use crate::heap::{Heap, OutOfMemory};
use crate::objects::array::ArrayKind;
use crate::value::Value;

impl Gc<Table> {
    /// Stores the values under the integer keys from `first_key` on. What is below `first_key` was stored before, by
    /// this function or not at all.
    ///
    /// # Errors
    /// [`OutOfMemory`]; some of the values may have been stored then.
    pub fn set_list(self, heap: &mut Heap, first_key: u32, values: &[Value], seed: u64) -> Result<(), OutOfMemory> {
        let Some((first, others)) = values.split_first() else { return Ok(()) };
        let kind = ArrayKind::of(first.tag);
        let is_uniform = others.iter().all(|value| ArrayKind::of(value.tag) == kind);
        let has_nil = |values: &[Value]| values.iter().any(|value| value.is_nil());
        // Nil is of the kind that holds anything.
        let may_have_nil = !is_uniform || kind == ArrayKind::Any;
        if self.length() + 1 < first_key || (may_have_nil && has_nil(values)) {
            return self.set_list_with_holes(heap, first_key, values, seed);
        }
        if self.length() == 0 {
            self.reserve_array(heap, if is_uniform { kind } else { ArrayKind::Any }, values.len() as u32)?;
        }
        if self.fields().hash.is_none()
            && self.length() + 1 == first_key
            && self.array().try_extend(self.array_kind(), values)
        {
            return Ok(());
        }
        for (key, value) in (i64::from(first_key)..).zip(values) {
            self.set_integer(heap, key, *value, seed)?;
        }
        Ok(())
    }

    #[cold]
    fn set_list_with_holes(
        self,
        heap: &mut Heap,
        first_key: u32,
        values: &[Value],
        seed: u64,
    ) -> Result<(), OutOfMemory> {
        let (length, before) = (self.length(), first_key - 1);
        let new_value = |key: u32| values[(key - first_key) as usize];
        let is_there = |key: u32| {
            let value = if key > before { new_value(key) } else { self.get_integer(i64::from(key), seed) };
            !value.is_nil()
        };
        let border = border(before + values.len() as u32, is_there);
        if border > length {
            self.extend_array(heap, border)?;
            for key in length + 1..=border {
                let waiting = self.take_waiting(key, seed);
                let value = if key > before { new_value(key) } else { waiting };
                if !value.is_nil() {
                    self.set_integer(heap, i64::from(key), value, seed)?;
                }
            }
        }
        for key in first_key..first_key + values.len() as u32 {
            if key <= length || key > border {
                self.set_integer(heap, i64::from(key), new_value(key), seed)?;
            }
        }
        Ok(())
    }

    /// Makes the array part as long as `length`, with holes that the caller fills, the last one in any case.
    fn extend_array(self, heap: &mut Heap, length: u32) -> Result<(), OutOfMemory> {
        // Of the kind that holds anything, so that filling it cannot fail half way.
        let mut kind = self.array_kind();
        let capacity = length.max(self.array().capacity());
        if kind != ArrayKind::Any || capacity > self.array().capacity() {
            self.array().change(heap, &mut kind, ArrayKind::Any, capacity)?;
            self.set_array_kind(kind);
        }
        self.array().extend_with_holes(kind, length);
        Ok(())
    }

    /// Takes the value of an integer key out of the hash part.
    fn take_waiting(self, key: u32, seed: u64) -> Value {
        let Some(hash) = self.hash_part() else { return Value::NIL };
        let Some(number) = hash.find(Value::integer(i64::from(key)), seed) else { return Value::NIL };
        std::mem::replace(&mut hash.entries_mut()[number as usize].value, Value::NIL)
    }
}

/// The border that PUC Lua finds in an array part of this length.
fn border(length: u32, is_there: impl Fn(u32) -> bool) -> u32 {
    if length == 0 || is_there(length) {
        return length;
    }
    if length >= 2 && is_there(length - 1) {
        return length - 1;
    }
    let (mut present, mut absent) = (0, length);
    while absent - present > 1 {
        let middle = (present + absent) / 2;
        if is_there(middle) { present = middle } else { absent = middle }
    }
    present
}
