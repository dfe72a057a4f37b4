//! What typed code knows of the registers of the frame at one place: their tags, and where their values are.
//!
//! Plain data: this file must not know an instruction or a machine. Who changes it is in [`crate::typed`].

use std::collections::BTreeMap;

use lua_runtime::value::Tag;

/// A machine register that typed code keeps values in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    /// One for integers and addresses, by number.
    Integer(u8),
    /// One for floats, by number.
    Float(u8),
}

/// Where a value can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// In its slot of the frame.
    Slot,
    /// In a machine register, and perhaps in its slot too.
    Kept(Kept),
    /// Nowhere: the payload is always this.
    Constant(i64),
}

/// What is known of a register of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The tag of its value.
    pub(crate) tag: Tag,
    /// Where the payload is.
    pub(crate) home: Home,
    /// Whether the slot has the payload. Always true if the home is the slot.
    pub(crate) is_stored: bool,
    /// Whether the slot has the tag.
    pub(crate) is_tagged: bool,
}

impl Fact {
    /// A value that is in its slot.
    pub(crate) fn in_slot(tag: Tag) -> Fact {
        Fact { tag, home: Home::Slot, is_stored: true, is_tagged: true }
    }

    /// Whether the slot does not have the value.
    pub(crate) fn is_dirty(self) -> bool {
        !self.is_stored || !self.is_tagged
    }

    /// The same value when its slot has it too.
    pub(crate) fn clean(self) -> Fact {
        Fact { is_stored: true, is_tagged: true, ..self }
    }
}

/// What is known of the frame: nothing of a register that has no fact, except that its slot has its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    facts: BTreeMap<u8, Fact>,
}

impl Known {
    /// What is known of a register.
    pub(crate) fn get(&self, register: u8) -> Option<Fact> {
        self.facts.get(&register).copied()
    }

    /// Replaces what is known of a register.
    pub(crate) fn set(&mut self, register: u8, fact: Fact) {
        self.facts.insert(register, fact);
    }

    /// Forgets what is known of a register. Its slot must have its value, or its value must be of no use.
    pub(crate) fn forget(&mut self, register: u8) {
        self.facts.remove(&register);
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// Every register of which something is known.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, Fact)> {
        self.facts.iter().map(|(register, fact)| (*register, *fact))
    }

    /// Forgets every register that does not pass.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u8) -> bool) {
        self.facts.retain(|register, _| keep(*register));
    }

    /// The registers whose value is in a machine register.
    pub(crate) fn holders(&self, kept: Kept) -> impl Iterator<Item = u8> {
        self.iter().filter(move |(_, fact)| fact.home == Home::Kept(kept)).map(|(register, _)| register)
    }

    /// The registers whose slots do not have their values, as far as they pass.
    pub(crate) fn dirty(&self, is_needed: impl Fn(u8) -> bool) -> Vec<(u8, Fact)> {
        self.iter().filter(|(register, fact)| fact.is_dirty() && is_needed(*register)).collect()
    }

    /// What is known if one of two ways led here.
    ///
    /// # Panics
    /// If the two ways disagree on the machine register of a value that is not in its slot.
    pub(crate) fn meet(&self, other: &Known) -> Known {
        let mut facts = BTreeMap::new();
        for (register, mine) in self.iter() {
            let Some(theirs) = other.get(register).filter(|theirs| theirs.tag == mine.tag) else {
                assert!(!mine.is_dirty(), "a value was left in a machine register");
                continue;
            };
            let (is_stored, is_tagged) = (mine.is_stored && theirs.is_stored, mine.is_tagged && theirs.is_tagged);
            let home = if mine.home == theirs.home { mine.home } else { Home::Slot };
            assert!(home != Home::Slot || is_stored, "two ways disagree on where a value is");
            facts.insert(register, Fact { tag: mine.tag, home, is_stored, is_tagged });
        }
        for (register, theirs) in other.iter() {
            assert!(facts.contains_key(&register) || !theirs.is_dirty(), "a value was left in a machine register");
        }
        Known { facts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(number: u8) -> Fact {
        Fact { tag: Tag::Integer, home: Home::Kept(Kept::Integer(number)), is_stored: true, is_tagged: true }
    }

    #[test]
    fn what_two_ways_agree_on_is_known() {
        let (mut left, mut right) = (Known::default(), Known::default());
        left.set(0, kept(0));
        right.set(0, kept(0));
        left.set(1, kept(1));
        right.set(1, kept(2));
        left.set(2, Fact::in_slot(Tag::Float));
        right.set(2, Fact::in_slot(Tag::Integer));
        left.set(3, kept(3));
        let both = left.meet(&right);
        assert_eq!(both, right.meet(&left));
        assert_eq!(both.iter().collect::<Vec<_>>(), [(0, kept(0)), (1, Fact::in_slot(Tag::Integer))]);
    }

    #[test]
    #[should_panic(expected = "disagree")]
    fn a_value_that_is_only_in_a_machine_register_must_be_in_the_same() {
        let (mut left, mut right) = (Known::default(), Known::default());
        left.set(0, Fact { is_stored: false, ..kept(0) });
        right.set(0, kept(1));
        left.meet(&right);
    }
}
