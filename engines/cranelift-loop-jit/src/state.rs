//! What is known of a frame's slots at one place of the code that is being compiled.
//!
//! Only slots that live in machine registers are here; every other slot is in the frame, untouched. A state says what a
//! slot's type is and whether the frame's copy is out of date; the machine registers themselves are Cranelift variables
//! (see `lower`).

use lua_runtime::value::Tag;
use lua_runtime::{Code, Gc, Value};

use crate::types::TypeSet;

/// What is known of the value in one slot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownValue {
    /// The tags that it may have.
    pub(crate) types: TypeSet,
    /// Whether the frame's copy is out of date.
    pub(crate) is_dirty: bool,
    /// The integer that it always is, if that is known.
    pub(crate) constant: Option<i64>,
    /// The value that it had, or would have had, when the loop was compiled: a guess, never a fact.
    pub(crate) observed: Option<Value>,
    /// The tag that it probably has where its types are several.
    pub(crate) likely: Option<Tag>,
    /// The code that it probably runs if it is a function, as far as the instruction that has made or loaded it tells.
    pub(crate) callees: Callees,
}

/// The code of a few functions.
pub(crate) type Callees = [Option<Gc<Code>>; 4];

impl KnownValue {
    /// A value that has just been computed.
    pub(crate) fn new(types: TypeSet, observed: Option<Value>) -> KnownValue {
        let likely = types.single().or(observed.map(|value| value.tag));
        KnownValue { types, is_dirty: true, constant: None, observed, likely, callees: [None; 4] }
    }

    /// What can be known of it where a unit is entered: one type, or nothing.
    pub(crate) fn as_at_entry(self) -> KnownValue {
        let types = if self.types.single().is_some() { self.types } else { TypeSet::ANY };
        KnownValue { types, constant: None, ..self }
    }

    /// The tag that a value of unknown type probably has.
    pub(crate) fn guess(&self) -> Option<Tag> {
        self.types.single().or(self.likely)
    }
}

/// What is known of all slots, by their distance from the base of the frame in which the unit was entered.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    slots: Vec<Option<KnownValue>>,
}

impl State {
    /// What is known of a slot; `None` if it is not in a machine register.
    pub(crate) fn get(&self, slot: u32) -> Option<KnownValue> {
        self.slots.get(slot as usize).copied().flatten()
    }

    /// Sets what is known of a slot.
    pub(crate) fn set(&mut self, slot: u32, known: KnownValue) {
        if self.slots.len() <= slot as usize {
            self.slots.resize(slot as usize + 1, None);
        }
        self.slots[slot as usize] = Some(known);
    }

    /// Forgets a slot: nobody will read it.
    pub(crate) fn remove(&mut self, slot: u32) {
        if let Some(known) = self.slots.get_mut(slot as usize) {
            *known = None;
        }
    }

    /// The slots in machine registers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, KnownValue)> + '_ {
        self.slots.iter().enumerate().filter_map(|(slot, known)| known.map(|known| (slot as u32, known)))
    }

    /// Makes this what is known where control comes from here or from `other`. Returns whether that is less than before.
    ///
    /// Preserves: a slot that only one of both has is dead there, because every slot that is live at a place where
    /// control meets has been read or written on all ways to it.
    pub(crate) fn join(&mut self, other: &State) -> bool {
        let mut changed = false;
        for slot in 0..self.slots.len() as u32 {
            let Some(mine) = self.get(slot) else { continue };
            let Some(theirs) = other.get(slot) else {
                self.remove(slot);
                changed = true;
                continue;
            };
            let joined = KnownValue {
                types: mine.types.union(theirs.types),
                is_dirty: mine.is_dirty || theirs.is_dirty,
                constant: mine.constant.filter(|constant| theirs.constant == Some(*constant)),
                observed: mine.observed.or(theirs.observed),
                likely: mine.likely.or(theirs.likely),
                callees: mine.callees,
            };
            changed |= joined.types != mine.types
                || joined.is_dirty != mine.is_dirty
                || joined.constant != mine.constant
                || joined.observed.is_some() != mine.observed.is_some()
                || joined.likely != mine.likely;
            self.set(slot, joined);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_knows_what_both_know() {
        let integer = KnownValue { constant: Some(3), ..KnownValue::new(TypeSet::of(Tag::Integer), None) };
        let float = KnownValue { is_dirty: false, ..KnownValue::new(TypeSet::of(Tag::Float), None) };
        let mut state = State::default();
        for (slot, known) in [(0, integer), (1, integer), (2, float)] {
            state.set(slot, known);
        }
        let mut other = State::default();
        other.set(0, integer);
        other.set(1, KnownValue { constant: Some(4), ..float });
        assert!(state.join(&other));
        assert!(!state.join(&other));
        assert_eq!(state.get(0).and_then(|slot| slot.constant), Some(3));
        let mixed = state.get(1).expect("both have it");
        assert_eq!((mixed.types.single(), mixed.constant, mixed.is_dirty), (None, None, true));
        assert!(state.get(2).is_none());
    }
}
