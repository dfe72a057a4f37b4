//! Which units are not worth compiling again: those whose assumptions failed too often.
//!
//! It counts per content hash: keeping whole keys would let a program that throws code away for ever fill the memory,
//! and two units that share a hash by accident lose speed, not correctness. It must not know why a unit was thrown
//! away.

use std::collections::HashMap;

use crate::key::UnitKey;

/// How often a unit may be thrown away for failed assumptions and still be compiled again.
pub const TOLERATED_FAILURES: u32 = 3;

/// Counts of failed assumptions.
#[derive(Debug, Default)]
pub struct Blacklist {
    failures: HashMap<u64, u32>,
}

impl Blacklist {
    /// Counts a unit that was thrown away because an assumption failed. Returns whether this time put it on the list.
    pub fn record(&mut self, key: &UnitKey) -> bool {
        let failures = self.failures.entry(key.content_hash()).or_insert(0);
        *failures = failures.saturating_add(1);
        *failures == TOLERATED_FAILURES + 1
    }

    /// How often the unit has been thrown away.
    pub fn failures(&self, key: &UnitKey) -> u32 {
        self.failures.get(&key.content_hash()).copied().unwrap_or(0)
    }

    /// Whether the unit must not be compiled again.
    pub fn contains(&self, key: &UnitKey) -> bool {
        self.failures(key) > TOLERATED_FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_failure_is_the_last() {
        let key = |number| UnitKey::builder().number(number).finish();
        let mut blacklist = Blacklist::default();
        assert_eq!([0; 5].map(|_| blacklist.record(&key(1))), [false, false, false, true, false]);
        assert!(blacklist.contains(&key(1)));
        assert_eq!(blacklist.failures(&key(1)), 5);
        assert!(!blacklist.contains(&key(2)));
    }
}
