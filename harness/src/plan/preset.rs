//! Presets: how many processes, how many iterations in each, on which size. The numbers are argued for in
//! `harness/METHODOLOGY.md`.

use serde::{Deserialize, Serialize};

use crate::machine::terminal;
use crate::plan::workload::Size;
use crate::statistics::until_steady;

/// How much effort a comparison makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// A first look in minutes: size test, 5 processes of at most 0.4 s each
    Quick,
    /// Size bench, 10 processes of 2 s and 20 to 100 iterations each
    Standard,
    /// Size bench, 20 processes of 500 iterations each
    Careful,
}

impl Preset {
    /// The name on the command line and in plan.json.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Quick => "quick",
            Preset::Standard => "standard",
            Preset::Careful => "careful",
        }
    }

    /// The size it measures.
    pub fn size(self) -> Size {
        match self {
            Preset::Quick => Size::Test,
            Preset::Standard | Preset::Careful => Size::Bench,
        }
    }

    /// Processes for each pair of contender and workload.
    pub fn invocations(self) -> u32 {
        match self {
            Preset::Quick => 5,
            Preset::Standard => 10,
            Preset::Careful => 20,
        }
    }

    /// Processes for each pair, if every iteration is a process of its own.
    pub fn fresh_invocations(self) -> u32 {
        match self {
            Preset::Quick => 10,
            Preset::Standard => 30,
            Preset::Careful => 60,
        }
    }

    /// Iterations in each process.
    pub fn iterations(self) -> IterationRule {
        match self {
            Preset::Quick => {
                IterationRule { minimum: 3, maximum: 300, budget_ns: Some(400_000_000), until_steady: false }
            }
            // A class needs as many; a slow contender takes longer than the budget for them.
            Preset::Standard => {
                IterationRule { minimum: 20, maximum: 100, budget_ns: Some(2_000_000_000), until_steady: false }
            }
            Preset::Careful => IterationRule::exactly(500),
        }
    }

    /// How often a process that the machine disturbed is run again.
    pub fn retries(self) -> u32 {
        match self {
            Preset::Quick => 0,
            Preset::Standard | Preset::Careful => 2,
        }
    }

    /// Whether what compilers do is traced after the last block.
    pub fn events(self) -> bool {
        match self {
            Preset::Quick => false,
            Preset::Standard | Preset::Careful => true,
        }
    }

    /// Whether only the core workloads are measured when none are named.
    pub fn core_only(self) -> bool {
        match self {
            Preset::Quick => true,
            Preset::Standard | Preset::Careful => false,
        }
    }
}

/// The most time that one batch is meant to take, so that progress is seen and the time limit of an answer is met.
const BATCH_NS: u64 = 1_000_000_000;

/// How many iterations one process runs. It depends on time only through the budget, never on how results scatter, but
/// for a process that runs until it is steady.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IterationRule {
    /// At least so many, however long they take.
    pub minimum: u32,
    /// At most so many.
    pub maximum: u32,
    /// No iteration past the minimum starts if, at the mean so far, it would end after so much measured time.
    pub budget_ns: Option<u64>,
    /// Whether it runs until it is found steady and confirmed, by [`until_steady`]; there is no budget then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub until_steady: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl IterationRule {
    /// Exactly `count` iterations.
    pub fn exactly(count: u32) -> IterationRule {
        IterationRule { minimum: count, maximum: count, budget_ns: None, until_steady: false }
    }

    /// Until the process is steady, with at most `most` iterations.
    ///
    /// # Errors
    /// The words for a number that leaves no room for a look and its confirmation.
    pub fn until_steady(most: u32) -> Result<IterationRule, String> {
        let minimum = until_steady::FIRST_LOOK as u32;
        if most < 2 * minimum {
            return Err(format!("takes at least {}: {minimum} until the first look, and as many again", 2 * minimum));
        }
        Ok(IterationRule { minimum, maximum: most, budget_ns: None, until_steady: true })
    }

    /// The rule in words, as `3 to 300 iterations in 400 ms`.
    pub fn in_words(&self) -> String {
        if self.until_steady {
            return format!("{} to {} iterations until steady", self.minimum, self.maximum);
        }
        if self.minimum == self.maximum {
            return terminal::count(self.minimum, "iteration");
        }
        let budget = self.budget_ns.map_or(String::new(), |budget_ns| match budget_ns {
            ..1_000_000_000 => format!(" in {} ms", budget_ns / 1_000_000),
            _ => format!(" in {} s", budget_ns as f64 / 1e9),
        });
        format!("{} to {} iterations{budget}", self.minimum, self.maximum)
    }

    /// The number of iterations that a process runs to before anything is concluded from their times; see
    /// [`until_steady::next`] for what comes then.
    pub fn first_goal(&self) -> IterationRule {
        if self.until_steady { IterationRule::exactly(self.minimum) } else { *self }
    }

    /// How many iterations to ask for next, after `done` of them took `spent_ns` in all; `None` when it is enough.
    pub fn next_batch(&self, done: u32, spent_ns: u64) -> Option<u32> {
        if done == 0 {
            // Nothing is known of their length yet: few, unless the whole is few.
            return Some(self.minimum.clamp(1, 3));
        }
        let mean_ns = (spent_ns / u64::from(done)).max(1);
        let fitting = |time_ns: u64| u32::try_from(time_ns / mean_ns).unwrap_or(u32::MAX);
        let still_required = self.minimum.saturating_sub(done);
        let allowed = match self.budget_ns {
            Some(budget_ns) => fitting(budget_ns.saturating_sub(spent_ns)),
            None => u32::MAX,
        };
        let wanted = allowed.max(still_required).min(self.maximum.saturating_sub(done));
        (wanted > 0).then(|| wanted.min(fitting(BATCH_NS).max(1)))
    }

    /// The longest that one process should take if an iteration takes `iteration_ns`.
    pub fn longest_ns(&self, iteration_ns: u64) -> u64 {
        let at_least = iteration_ns * u64::from(self.minimum);
        let at_most = iteration_ns * u64::from(self.maximum);
        self.budget_ns.map_or(at_most, |budget_ns| at_most.min(budget_ns).max(at_least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::steady_state::Mode;

    /// The batches of a process whose iterations all take `iteration_ns`.
    fn batches(rule: IterationRule, iteration_ns: u64) -> Vec<u32> {
        let mut batches = Vec::new();
        let mut done = 0;
        while let Some(next) = rule.next_batch(done, u64::from(done) * iteration_ns) {
            batches.push(next);
            done += next;
        }
        batches
    }

    #[test]
    fn quick_runs_three_iterations_however_slow_and_else_keeps_its_budget() {
        let quick = Preset::Quick.iterations();
        assert_eq!(batches(quick, 5_000_000_000), [3]);
        assert_eq!(batches(quick, 10_000_000), [3, 37]);
        assert_eq!(batches(quick, 1000), [3, 297]);
    }

    #[test]
    fn batches_are_short_enough_to_be_watched() {
        assert_eq!(batches(Preset::Standard.iterations(), 300_000_000), [3, 3, 3, 3, 3, 3, 2]);
        assert_eq!(batches(IterationRule::exactly(8), 400_000_000), [3, 2, 2, 1]);
        assert_eq!(batches(IterationRule::exactly(2), 3_000_000_000), [2]);
        assert_eq!(batches(IterationRule::exactly(1), 0), [1]);
    }

    #[test]
    fn what_classifies_runs_enough_iterations_for_a_class() {
        for preset in [Preset::Standard, Preset::Careful] {
            assert!(preset.iterations().minimum as usize >= Mode::Strict.fewest());
        }
    }

    #[test]
    fn until_steady_needs_room_for_a_look_and_as_many_again() {
        assert!(IterationRule::until_steady(199).is_err());
        let rule = IterationRule::until_steady(200).unwrap();
        assert_eq!(rule.in_words(), "100 to 200 iterations until steady");
        assert_eq!(batches(rule.first_goal(), 1_000_000), [3, 97]);
    }

    #[test]
    fn the_longest_time_respects_minimum_and_budget() {
        let rule = IterationRule { minimum: 3, maximum: 10, budget_ns: Some(50), until_steady: false };
        assert_eq!((rule.longest_ns(1), rule.longest_ns(10), rule.longest_ns(100)), (10, 50, 300));
    }
}
