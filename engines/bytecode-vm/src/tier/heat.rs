//! Counting with back-off: how often something has run, and how often it must have for a compilation.

/// Factor by which each setback raises what is needed, where no engine wants another.
pub const BACK_OFF: u64 = 2;
/// What is needed at least after the first setback, in units of the count: a threshold of 0 or 1 would be no back-off.
const FIRST_BACK_OFF: u64 = 32;

/// The count of a function or a loop on its way to a compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heat {
    count: u64,
    needed: u64,
    is_due: bool,
}

impl Heat {
    /// Nothing counted; `needed` units lead to a compilation, `u64::MAX` never does.
    pub fn new(needed: u64) -> Heat {
        Heat { count: 0, needed, is_due: false }
    }

    /// Counts, and says whether it is time to compile.
    #[inline(always)]
    #[must_use]
    pub fn add(&mut self, units: u64) -> bool {
        self.count = self.count.saturating_add(units);
        self.is_due | (self.count >= self.needed)
    }

    /// What was counted since the last reset.
    pub fn count(self) -> u64 {
        self.count
    }

    /// What leads to a compilation; `u64::MAX` if nothing does.
    pub fn needed(self) -> u64 {
        self.needed
    }

    /// Units until it is time to compile.
    pub fn missing(self) -> u64 {
        self.needed.saturating_sub(self.count)
    }

    /// Counts from the start.
    pub fn reset(&mut self) {
        self.count = 0;
        self.is_due = false;
    }

    /// An attempt has failed, or what it made was thrown away: counts from the start, and longer.
    pub fn set_back(&mut self) {
        self.set_back_by(BACK_OFF);
    }

    /// As [`Heat::set_back`], so many times as long.
    pub fn set_back_by(&mut self, factor: u64) {
        self.reset();
        self.needed = self.needed.saturating_mul(factor).max(FIRST_BACK_OFF);
    }

    /// At least so many units are needed from now on, unless none is ever enough.
    pub fn need(&mut self, units: u64) {
        self.needed = self.needed.max(units);
    }

    /// The next count is enough: what has changed makes a compilation worth it at once.
    pub fn make_due(&mut self) {
        self.is_due = true;
    }

    /// No count is ever enough again.
    pub fn stop(&mut self) {
        *self = Heat::new(u64::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The units that are needed from now on.
    fn units_until_due(heat: Heat) -> u64 {
        let mut heat = heat;
        let mut units = 1;
        while !heat.add(1) {
            units += 1;
        }
        units
    }

    #[test]
    fn each_setback_doubles_what_is_needed() {
        for (needed, expected) in [(1, [1, 32, 64]), (100, [100, 200, 400])] {
            let mut heat = Heat::new(needed);
            for units in expected {
                assert_eq!(units_until_due(heat), units);
                heat.set_back();
            }
        }
    }

    #[test]
    fn what_is_stopped_never_becomes_due() {
        let mut heat = Heat::new(1);
        heat.stop();
        heat.set_back();
        assert!(!heat.add(u64::MAX - 1));
    }
}
