//! The policy `compile-policy=profile`: what is hot *and* stable is compiled.
//!
//! A sample is taken at each call of a function and each back-edge of a loop that is not compiled: how often it has come, and
//! with which types in its registers, its signature. A unit is hot when it was seen often, or when it has a large share of all
//! samples; it is stable when most of its samples have one signature. This file must not know a compiler.

use std::collections::HashMap;

use engine_api::Settings;
use jit_support::knobs::{COMPILE_POLICY, HOT_COUNT, HOT_PERCENT, STABLE_PERCENT};

use crate::state::Cursor;

/// The numbers of the policy.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Samples of a unit from which on it is hot.
    pub hot_count: u64,
    /// Percentage of all samples from which on it is hot.
    pub hot_percent: u64,
    /// Percentage of its samples with one signature from which on it is stable.
    pub stable_percent: u64,
}

impl Rules {
    /// Those of checked settings; `None` where counts decide.
    ///
    /// # Panics
    /// If the engine did not declare the four knobs.
    pub fn read(settings: &Settings) -> Option<Rules> {
        (settings.choice(COMPILE_POLICY.name) == "profile").then(|| Rules {
            hot_count: settings.integer(HOT_COUNT.name),
            hot_percent: settings.integer(HOT_PERCENT.name),
            stable_percent: settings.integer(STABLE_PERCENT.name),
        })
    }
}

/// Samples of all units together from which on shares say something, as a part of [`Rules::hot_count`].
const SHARES_FROM_PART: u64 = 2;
/// Signatures that are told apart in a unit; what comes later is counted with the unit alone.
const SIGNATURES: usize = 4;

/// What was seen of all units that are not compiled.
#[derive(Debug)]
pub struct Profile {
    rules: Rules,
    /// By the address of the function's or the loop's first instruction, whose lowest bit says that it is a loop. A function that
    /// takes the place of one that is gone starts with its samples.
    units: HashMap<usize, Samples>,
    total: u64,
}

/// What was seen of a unit.
#[derive(Debug, Default)]
struct Samples {
    count: u64,
    signatures: [(u64, u64); SIGNATURES],
    /// The count from which on it is looked at again, after it was asked for.
    not_before: u64,
}

impl Samples {
    fn add(&mut self, signature: u64, weight: u64) {
        self.count += weight;
        let slot = self.signatures.iter_mut().find(|(known, count)| *known == signature || *count == 0);
        if let Some((known, count)) = slot {
            *known = signature;
            *count += weight;
        }
    }

    fn most_frequent(&self) -> u64 {
        self.signatures.iter().map(|(_, count)| *count).max().unwrap_or(0)
    }
}

impl Profile {
    /// Nothing was seen.
    pub fn new(rules: Rules) -> Profile {
        Profile { rules, units: HashMap::new(), total: 0 }
    }

    /// A function is entered; the cursor is at its first instruction. Says whether it is to be compiled.
    pub fn called(&mut self, cursor: Cursor) -> bool {
        let signature = signature(cursor, cursor.prototype().parameters());
        self.sample(cursor.address().addr(), signature, 1)
    }

    /// So many back-edges of a loop were taken; the cursor is at its header. Says whether it is to be compiled.
    pub fn looped(&mut self, cursor: Cursor, back_edges: u64) -> bool {
        let registers = cursor.prototype().proto().registers_at_header(cursor.pc());
        self.sample(cursor.address().addr() | 1, signature(cursor, registers), back_edges)
    }

    fn sample(&mut self, key: usize, signature: u64, weight: u64) -> bool {
        let Rules { hot_count, hot_percent, stable_percent } = self.rules;
        self.total += weight;
        let unit = self.units.entry(key).or_default();
        unit.add(signature, weight);
        let has_share = self.total >= hot_count / SHARES_FROM_PART && unit.count * 100 > self.total * hot_percent;
        let is_hot = unit.count > hot_count || has_share;
        let is_stable = unit.most_frequent() * 100 > unit.count * stable_percent;
        let is_wanted = is_hot && is_stable && unit.count >= unit.not_before;
        if is_wanted {
            // Whatever becomes of it, the next time is not soon.
            unit.not_before = unit.count.saturating_mul(2);
        }
        is_wanted
    }
}

/// The tags of the first registers, as a number: two frames with different ones have different numbers, but for some with more
/// registers than fit.
fn signature(cursor: Cursor, registers: u32) -> u64 {
    (0..registers.min(u32::from(u8::MAX))).fold(0, |signature: u64, register| {
        signature.rotate_left(5).wrapping_mul(31) ^ (cursor.register(register as u8).tag as u64 + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { hot_count: 100, hot_percent: 30, stable_percent: 80 };

    #[test]
    fn what_is_seen_often_with_one_signature_is_wanted_once_until_it_has_doubled() {
        let mut profile = Profile::new(RULES);
        // Others, so that no share is large.
        for round in 0..900 {
            profile.sample(1000 + round % 10 * 2, 0, 1);
        }
        let wanted: Vec<u64> = (1..=250).filter(|_| profile.sample(8, 7, 1)).collect();
        assert_eq!(wanted, [101, 202]);
    }

    #[test]
    fn a_large_share_is_enough_and_changing_types_are_not() {
        let mut profile = Profile::new(RULES);
        assert_eq!((1..=60).find(|_| profile.sample(8, 7, 1)), Some(50));
        let mut profile = Profile::new(RULES);
        assert!((0..1000).all(|round| !profile.sample(8, round % 2, 1)));
    }
}
