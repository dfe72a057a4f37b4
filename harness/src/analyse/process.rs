//! One process of a run: its iterations, its class, and the one number that the analysis takes from it.

use super::Depth;
use crate::machine::clock::Clock;
use crate::plan::preset::IterationRule;
use crate::record::rows::{InvocationRow, IterationRow};
use crate::statistics::steady_state::{Class, Classification, Method, Mode, TOLERANCES};
use crate::statistics::until_steady::{self, Next};
use crate::statistics::{mean, median};

/// A process that ended well.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Process {
    /// Its block.
    pub block: u32,
    /// Which process of the pair it is.
    pub invocation: u32,
    /// Which attempt at it.
    pub attempt: u32,
    /// The time from its start until it was ready, in nanoseconds.
    pub startup_ns: Option<u64>,
    /// The times of its iterations in nanoseconds.
    pub wall_ns: Vec<f64>,
    /// Index of the last iteration in which something was compiled.
    pub last_compiled: Option<usize>,
    /// Which iterations something happened in that can change their times.
    pub happenings: Happenings,
    /// What it used.
    pub used: Used,
    /// Index of the first iteration that counts: the first fresh one of a process that ran until it was steady, else the
    /// steady state's, or that of the last half if there is none or nobody looked.
    pub first_used: usize,
    /// The class by [`Mode::Strict`]; `None` after a first look and for too few iterations.
    pub classification: Option<Classification>,
    /// The class at each of [`TOLERANCES`], as far as there is one.
    pub by_tolerance: Vec<Class>,
    /// The natural logarithm of the mean time of what counts, in nanoseconds, by the contender's own clock.
    pub log_mean: f64,
    /// Whether that clock is CPU time, which does not compare with elapsed time.
    pub is_cpu_time: bool,
    /// The natural logarithm of the time of one of the calls that the parent timed, in nanoseconds; `None` if it timed
    /// none.
    pub log_batch: Option<f64>,
}

/// The indices of the iterations, ascending, in which something happened by the engine's counters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Happenings {
    /// A unit was compiled.
    pub compiled: Vec<u32>,
    /// A unit was thrown away.
    pub deopted: Vec<u32>,
    /// The collector ran.
    pub collected: Vec<u32>,
}

/// What a process used beside time; `None` where nothing counts it, as of yardsticks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Used {
    /// Most memory resident, in bytes.
    pub max_rss_bytes: Option<u64>,
    /// Machine code after its last iteration, in bytes.
    pub code_bytes: Option<u64>,
    /// Of its iterations the time compiling, in nanoseconds.
    pub compile_ns: Option<u64>,
    /// Of its iterations the time in the collector, in nanoseconds.
    pub gc_ns: Option<u64>,
}

impl Process {
    /// From its rows. `None` if it has no iterations.
    pub fn new(
        row: &InvocationRow,
        iterations: &[&IterationRow],
        rule: IterationRule,
        depth: Depth,
    ) -> Option<Process> {
        let wall_ns: Vec<f64> = iterations.iter().map(|iteration| iteration.wall_ns as f64).collect();
        let compiled: Vec<usize> = (0..iterations.len())
            .filter(|index| iterations[*index].compiles.is_some_and(|compiles| compiles > 0))
            .collect();
        let (mut classification, mut by_tolerance) = (None, Vec::new());
        let mut fresh = None;
        if depth == Depth::Full {
            let times_s: Vec<f64> = wall_ns.iter().map(|time_ns| time_ns * 1e-9).collect();
            let method = Method::of(Mode::Strict);
            classification = method.classify(&times_s, &compiled);
            by_tolerance = TOLERANCES
                .into_iter()
                .filter_map(|tolerance| Some(Method { tolerance, ..method }.classify(&times_s, &compiled)?.class))
                .collect();
            if rule.until_steady {
                match until_steady::next(&times_s, &compiled, rule.maximum as usize) {
                    Next::Steady(first) => fresh = Some(first),
                    // What was not confirmed is not steady, however it looks.
                    Next::Measure(_) | Next::GiveUp => {
                        classification.iter_mut().for_each(Classification::deny);
                        by_tolerance.fill(Class::NoSteadyState);
                    }
                }
            }
        }
        // The larger half of an odd number.
        let last_half = wall_ns.len() / 2;
        let steady_start = classification.as_ref().and_then(|found| found.steady_start);
        let first_used = fresh.or(steady_start).unwrap_or(last_half);
        // A mean below the clock's resolution counts as one nanosecond.
        let log_mean = mean(&wall_ns[first_used..])?.max(1.0).ln();
        let is_cpu_time = iterations.iter().any(|iteration| iteration.clock == Clock::Cpu.name());
        let batch = row.batch_ns.zip(row.batch_calls).filter(|(_, calls)| *calls > 0);
        let log_batch = batch.map(|(batch_ns, calls)| (batch_ns as f64 / f64::from(calls)).max(1.0).ln());
        Some(Process {
            block: row.block,
            invocation: row.invocation,
            attempt: row.attempt,
            startup_ns: row.exec_to_first_ns,
            wall_ns,
            last_compiled: compiled.last().copied(),
            happenings: Happenings::of(iterations),
            used: Used::of(row, iterations),
            first_used,
            classification,
            by_tolerance,
            log_mean,
            is_cpu_time,
            log_batch,
        })
    }

    /// The times that count, in nanoseconds; at least one.
    pub fn used_ns(&self) -> &[f64] {
        &self.wall_ns[self.first_used..]
    }

    /// The median of the times that count, in nanoseconds.
    pub fn median_ns(&self) -> Option<f64> {
        median(self.used_ns())
    }

    /// The time from its start until it was steady, or else until what counts began, in nanoseconds: what one more process
    /// costs beforehand.
    pub fn before_ns(&self) -> f64 {
        let steady_start = self.classification.as_ref().and_then(|found| found.steady_start);
        let first = steady_start.unwrap_or(self.first_used);
        self.startup_ns.unwrap_or(0) as f64 + self.wall_ns[..first].iter().sum::<f64>()
    }
}

impl Happenings {
    fn of(iterations: &[&IterationRow]) -> Happenings {
        let with = |count: fn(&IterationRow) -> Option<u64>| {
            let places = (0..).zip(iterations);
            places.filter(|(_, row)| count(row).is_some_and(|count| count > 0)).map(|(place, _)| place).collect()
        };
        Happenings {
            compiled: with(|row| row.compiles),
            deopted: with(|row| row.deopts),
            collected: with(|row| row.gc_ns),
        }
    }
}

impl Used {
    fn of(row: &InvocationRow, iterations: &[&IterationRow]) -> Used {
        let sum = |part: fn(&IterationRow) -> Option<u64>| {
            let known: Option<Vec<u64>> = iterations.iter().map(|row| part(row)).collect();
            known.map(|parts| parts.iter().sum())
        };
        Used {
            max_rss_bytes: row.max_rss_bytes,
            code_bytes: iterations.last().and_then(|row| row.code_bytes),
            compile_ns: sum(|row| row.compile_ns),
            gc_ns: sum(|row| row.gc_ns),
        }
    }
}
