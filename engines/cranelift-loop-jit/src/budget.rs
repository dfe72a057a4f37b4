//! The compile budget: which part of a program's time goes into compiling loops that may turn out not to be worth it.
//!
//! Where it is found out by trials whether a unit is faster, each one that is not has cost its compilation, and in a program of
//! some tenths of a second that may be all that there was to gain. So a compilation is paid out of an allowance at the start and a
//! percentage of the time that the program has run. What a unit has cost is paid back when it wins its first trial: where
//! compiling pays there is no limit.
//!
//! This file must not know what a unit is, nor how trials go.

/// What may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// At the start, in ns.
    pub initial_ns: u64,
    /// Of the time that the program has run, in percent.
    pub percent: u64,
}

/// What compiling a word of bytecode takes, roughly, in ns.
const NS_PER_WORD: u64 = 40_000;

/// What was spent and earned so far.
#[derive(Debug)]
pub(crate) struct Budget {
    allowance: Allowance,
    /// The process's time when it was first asked.
    start_ns: Option<u64>,
    /// Spent on compilations that have not been worth it so far, in ns.
    spent_ns: u64,
}

impl Budget {
    pub(crate) fn new(allowance: Allowance) -> Budget {
        Budget { allowance, start_ns: None, spent_ns: 0 }
    }

    /// Whether a loop of so many words of bytecode may be compiled now, at this time of the process. What it costs is an estimate,
    /// so the budget may be overdrawn by one compilation. Where the host has no clock, everything is allowed.
    pub(crate) fn allows(&mut self, now_ns: u64, words: u32) -> bool {
        if now_ns == 0 {
            return true;
        }
        let estimate_ns = u64::from(words) * NS_PER_WORD;
        let start_ns = *self.start_ns.get_or_insert(now_ns);
        let earned_ns = now_ns.saturating_sub(start_ns) / 100 * self.allowance.percent;
        self.spent_ns.saturating_add(estimate_ns) <= self.allowance.initial_ns.saturating_add(earned_ns)
    }

    /// A compilation has taken so long.
    pub(crate) fn spend(&mut self, time_ns: u64) {
        self.spent_ns += time_ns;
    }

    /// What such a compilation has made is worth it.
    pub(crate) fn pay_back(&mut self, time_ns: u64) {
        self.spent_ns = self.spent_ns.saturating_sub(time_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_is_earned_by_time_or_by_winning() {
        let mut budget = Budget::new(Allowance { initial_ns: 1000, percent: 5 });
        assert!(budget.allows(70_000, 0));
        budget.spend(3000);
        assert!(!budget.allows(70_000, 0) && !budget.allows(109_000, 0));
        assert!(budget.allows(110_000, 0), "2000 ns are 5 % of 40,000");
        budget.spend(3000);
        assert!(!budget.allows(110_000, 0));
        budget.pay_back(3000);
        assert!(budget.allows(110_000, 0));
    }

    #[test]
    fn a_large_loop_needs_a_program_that_runs_longer() {
        let mut budget = Budget::new(Allowance { initial_ns: 2_000_000, percent: 5 });
        assert!(budget.allows(1, 50) && !budget.allows(1, 100));
        assert!(budget.allows(40_000_001, 100));
    }

    #[test]
    fn without_a_clock_everything_is_allowed() {
        let mut budget = Budget::new(Allowance { initial_ns: 0, percent: 0 });
        for _ in 0..3 {
            assert!(budget.allows(0, 1000));
            budget.spend(10);
        }
    }
}
