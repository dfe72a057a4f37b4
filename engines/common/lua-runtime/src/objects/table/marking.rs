//! How a table is marked, and how a weak table is cleaned when marking has ended.

use super::Table;
use crate::heap::object::Gc;
use crate::objects::array::ArrayKind;
use crate::objects::marker::{Marker, WeakMode};
use crate::value::Value;

/// The key of an entry whose key is gone. No lookup ever asks for a frame header, and the entry goes when the map is
/// rebuilt.
// SAFETY: it stays in the hash part, whose readers know it.
const NO_KEY: Value = unsafe { Value::frame(0) };

impl Gc<Table> {
    pub(crate) fn trace(self, marker: &mut Marker) {
        marker.mark(self.shape().header());
        let mut weak = None;
        if let Some(metatable) = self.metatable() {
            marker.mark(metatable.header());
            weak = marker.weak_mode(metatable);
        }
        if let Some(mode) = weak {
            marker.note_weak(self, mode);
        }
        let values = !matches!(weak, Some(WeakMode::Values | WeakMode::Both));
        let keys = !matches!(weak, Some(WeakMode::Keys | WeakMode::Both));
        if values {
            // Their keys are numbers and strings, which are never weak.
            self.for_each_element(|value| marker.mark_value(*value));
        }
        if let Some(hash) = self.hash_part() {
            let mut has_dead_entries = false;
            for entry in hash.entries() {
                if entry.value.is_nil() {
                    has_dead_entries |= entry.key.as_object().is_some();
                } else if keys {
                    marker.mark_value(entry.key);
                    if values {
                        marker.mark_value(entry.value);
                    }
                }
            }
            if has_dead_entries && keys {
                marker.note_dead_entries(self);
            }
        }
    }

    /// When marking has ended: forgets the keys without values that nothing else refers to. One that a traversal stands
    /// on is held by the traversal.
    pub(crate) fn clear_dead_entries(self) {
        let Some(hash) = self.hash_part() else { return };
        for entry in hash.entries_mut() {
            let is_dead = |key: Value| key.as_object().is_some_and(|object| !object.is_marked());
            if entry.value.is_nil() && is_dead(entry.key) {
                entry.key = NO_KEY;
            }
        }
    }

    /// The values under integer and field keys that may be references.
    fn for_each_element(self, mut visit: impl FnMut(&mut Value)) {
        for slot in 0..self.shape().slot_count() {
            // SAFETY: slots below the shape's count are inside the capacity and written.
            visit(unsafe { self.fields().slots.add(slot as usize).as_mut() });
        }
        if self.array_kind() == ArrayKind::Any {
            for index in 0..self.length() {
                let mut value = self.array().get(ArrayKind::Any, index);
                let before = value.tag;
                visit(&mut value);
                if value.tag != before {
                    self.array().set_hole(index);
                }
            }
        }
    }

    /// For a table with weak keys: marks the values whose keys are live; `true` if that reached something new.
    pub(crate) fn mark_values_of_live_keys(self, marker: &mut Marker) -> bool {
        let mut reached = false;
        if let Some(hash) = self.hash_part() {
            for entry in hash.entries() {
                if marker.is_live(entry.key) && !marker.is_live(entry.value) {
                    marker.mark_value(entry.value);
                    reached = true;
                }
            }
        }
        reached
    }

    /// For a table with weak values: sets entries whose value is gone to nil.
    pub(crate) fn clear_dead_values(self, marker: &mut Marker) {
        self.for_each_element(|value| {
            if !marker.is_live(*value) {
                *value = Value::NIL;
            }
        });
        self.array().trim(self.array_kind());
        let Some(hash) = self.hash_part() else { return };
        for entry in hash.entries_mut() {
            if !marker.is_live(entry.value) {
                entry.value = Value::NIL;
            }
        }
    }

    /// For a table with weak keys, when marking has ended: sets entries whose key is gone to nil.
    pub(crate) fn clear_dead_keys(self, marker: &mut Marker) {
        let Some(hash) = self.hash_part() else { return };
        for entry in hash.entries_mut() {
            // A string is live as the key of an entry, and not as what is left of one.
            if !entry.value.is_nil() && !marker.is_live(entry.key) {
                entry.value = Value::NIL;
            }
        }
    }
}
