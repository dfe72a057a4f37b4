//! One pair of contender and workload: how its processes ended, whether they are steady, how long an iteration takes.

use std::collections::BTreeMap;

use super::Depth;
use super::process::Process;
use crate::plan::Plan;
use crate::plan::schedule::Cell;
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::record::rows::{InvocationRow, IterationRow};
use crate::statistics::inference::Verdict;
use crate::statistics::modes;
use crate::statistics::steady_state::{Class, Classification, Consistency, TOLERANCES};
use crate::statistics::{Estimate, mean, median};

/// One pair of contender and workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// How it ended: that of its first invocation that did not end well; `None` if the run ended before it began.
    pub outcome: Option<Outcome>,
    /// Why, if it is not [`Outcome::Ok`].
    pub reason: String,
    /// Processes.
    pub invocations: u32,
    /// The processes, if all ended well.
    pub processes: Vec<Process>,
    /// The middle process's median of the iterations that count, in nanoseconds.
    pub median_ns: Option<f64>,
    /// The time of an iteration in nanoseconds: the geometric mean of the processes' means. `None` of a pair with modes,
    /// of which no process took that long.
    pub time_ns: Option<Estimate>,
    /// The modes of its processes by the time of an iteration in nanoseconds, the fastest first; empty if they have none.
    pub time_modes: Vec<Mode>,
    /// The processes' classes; `None` after a first look, and if a process ran too few iterations for a class.
    pub stability: Option<Stability>,
    /// How many times as fast as the baseline. `None` if either has modes.
    pub speedup: Option<Estimate>,
    /// Then the speed-ups between the modes of both that met in a block, the slowest first.
    pub speedup_modes: Vec<Mode>,
    /// What may be said of the speed-up.
    pub verdict: Option<Verdict>,
}

/// A group of processes, or of blocks, that differ from the others by more than chance.
#[derive(Debug, Clone, PartialEq)]
pub struct Mode {
    /// The geometric mean of its processes: a time in nanoseconds, or a speed-up.
    pub value: f64,
    /// Its blocks.
    pub blocks: Vec<u32>,
}

/// What the classes of a pair's processes say.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// All classes together.
    pub consistency: Consistency,
    /// The same at each of [`TOLERANCES`].
    pub by_tolerance: [Consistency; TOLERANCES.len()],
    /// Processes that became steady.
    pub steady_processes: usize,
    /// Processes whose times look steady while something was still being compiled.
    pub still_compiling: usize,
    /// The middle first steady iteration, from 1, of the processes that became steady.
    pub steady_iteration: Option<f64>,
}

/// The recorded rows, by pair and by process.
pub(super) struct Rows<'a> {
    invocations: BTreeMap<Cell, Vec<&'a InvocationRow>>,
    /// Iterations of each process, by its place in the run.
    iterations: BTreeMap<u32, Vec<&'a IterationRow>>,
}

impl<'a> Rows<'a> {
    pub(super) fn collect(recorded: &'a Recorded) -> Rows<'a> {
        let plan = &recorded.plan;
        let mut rows = Rows { invocations: BTreeMap::new(), iterations: BTreeMap::new() };
        for row in &recorded.invocations {
            let contender = plan
                .contenders
                .iter()
                .position(|contender| contender.name == row.engine && contender.engine_config == row.engine_config);
            let workload = plan.workloads.iter().position(|workload| workload.name == row.workload);
            // A row of nothing in the plan is no part of this run.
            if let (Some(contender), Some(workload)) = (contender, workload) {
                rows.invocations.entry(Cell { contender, workload }).or_default().push(row);
            }
        }
        for row in &recorded.iterations {
            rows.iterations.entry(row.seq).or_default().push(row);
        }
        rows
    }

    fn iterations_of(&self, row: &InvocationRow) -> &[&'a IterationRow] {
        self.iterations.get(&row.seq).map_or(&[], Vec::as_slice)
    }
}

impl Pair {
    pub(super) fn new(plan: &Plan, depth: Depth, cell: Cell, rows: &Rows) -> Pair {
        let mut pair = Pair {
            outcome: None,
            reason: String::new(),
            invocations: 0,
            processes: Vec::new(),
            median_ns: None,
            time_ns: None,
            time_modes: Vec::new(),
            stability: None,
            speedup: None,
            speedup_modes: Vec::new(),
            verdict: None,
        };
        if let Some(never) = plan.not_applicable.iter().find(|never| never.cell == cell) {
            let has_problem = plan.workloads[cell.workload].problem.is_some();
            pair.outcome = Some(if has_problem { Outcome::BadHeader } else { Outcome::NotApplicable });
            pair.reason = never.reason.clone();
            return pair;
        }
        let Some(own_rows) = rows.invocations.get(&cell) else { return pair };
        pair.invocations = own_rows.len() as u32;
        if let Some(bad) = own_rows.iter().find(|row| row.exit_kind != Outcome::Ok) {
            // No time is given for a program that fails, not even for the processes in which it did not.
            pair.outcome = Some(bad.exit_kind);
            pair.reason = bad.reason.clone();
            return pair;
        }
        pair.outcome = Some(Outcome::Ok);
        pair.processes = own_rows
            .iter()
            .filter_map(|row| Process::new(row, rows.iterations_of(row), plan.iterations, depth))
            .collect();
        let medians: Vec<f64> = pair.processes.iter().filter_map(Process::median_ns).collect();
        pair.median_ns = median(&medians);
        pair.time_modes = time_modes(&pair.processes);
        if !pair.has_modes() {
            pair.time_ns = depth.estimate(&pair.log_means(), plan.seed).map(Estimate::exp);
        }
        pair.stability = Stability::of(&pair.processes);
        pair
    }

    /// Whether its numbers can be used.
    pub fn is_ok(&self) -> bool {
        self.outcome == Some(Outcome::Ok)
    }

    /// Whether its processes fall into several modes.
    pub fn has_modes(&self) -> bool {
        !self.time_modes.is_empty()
    }

    /// The speed-ups over `reference` between the modes of both that met in a block; each is the mean over its blocks. The
    /// slowest first.
    pub fn speedup_modes_over(&self, reference: &Pair) -> Vec<Mode> {
        let mode_in = |pair: &Pair, block: u32| pair.time_modes.iter().position(|mode| mode.blocks.contains(&block));
        let mut met: BTreeMap<(Option<usize>, Option<usize>), Vec<u32>> = BTreeMap::new();
        for block in self.processes.iter().map(|process| process.block) {
            met.entry((mode_in(self, block), mode_in(reference, block))).or_default().push(block);
        }
        let mut modes: Vec<Mode> = met
            .into_values()
            .filter_map(|blocks| {
                let differences: Vec<f64> =
                    blocks.iter().filter_map(|block| self.difference(reference, *block)).collect();
                Some(Mode { value: mean(&differences)?.exp(), blocks })
            })
            .collect();
        modes.sort_by(|one, other| one.value.total_cmp(&other.value));
        modes
    }

    /// Whether some process slowed down or was not steady at the end.
    pub fn is_unstable(&self) -> bool {
        self.stability.as_ref().is_some_and(|stability| stability.consistency.is_unstable())
    }

    /// Iterations of all processes that the numbers are from.
    pub fn iterations(&self) -> u32 {
        self.processes.iter().map(|process| process.used_ns().len() as u32).sum()
    }

    /// The logarithm of each process's mean time.
    pub fn log_means(&self) -> Vec<f64> {
        self.processes.iter().map(|process| process.log_mean).collect()
    }

    /// By how much the logarithm of the time is below the reference's in `block`, if both have it. Where one side has
    /// no clock but CPU time, it is the parent's time of whole batches of both.
    pub fn difference<'a>(&'a self, reference: &'a Pair, block: u32) -> Option<f64> {
        let of_block = |pair: &'a Pair| pair.processes.iter().find(|process| process.block == block);
        let (other, this) = (of_block(reference)?, of_block(self)?);
        match (other.log_batch, this.log_batch) {
            (Some(other_batch), Some(this_batch)) if other.is_cpu_time || this.is_cpu_time => {
                Some(other_batch - this_batch)
            }
            _ if other.is_cpu_time == this.is_cpu_time => Some(other.log_mean - this.log_mean),
            // Two clocks that do not compare, and nothing that does.
            _ => None,
        }
    }

    /// [`Pair::difference`] for every block that both have.
    pub fn differences(&self, reference: &Pair) -> Vec<f64> {
        self.processes.iter().filter_map(|process| self.difference(reference, process.block)).collect()
    }
}

fn time_modes(processes: &[Process]) -> Vec<Mode> {
    let logarithms: Vec<f64> = processes.iter().map(|process| process.log_mean).collect();
    let groups = modes::modes(&logarithms).unwrap_or_default().into_iter();
    groups
        .map(|places| {
            let of_group: Vec<f64> = places.iter().map(|place| logarithms[*place]).collect();
            let mut blocks: Vec<u32> = places.iter().map(|place| processes[*place].block).collect();
            blocks.sort_unstable();
            Mode { value: mean(&of_group).unwrap_or_default().exp(), blocks }
        })
        .collect()
}

impl Stability {
    /// `None` unless every process has a class.
    fn of(processes: &[Process]) -> Option<Stability> {
        let found: Option<Vec<&Classification>> =
            processes.iter().map(|process| process.classification.as_ref()).collect();
        let found = found?;
        let classes: Vec<Class> = found.iter().map(|classification| classification.class).collect();
        let consistency = Consistency::of(&classes)?;
        let at = |place: usize| {
            let classes: Vec<Class> =
                processes.iter().filter_map(|process| process.by_tolerance.get(place)).copied().collect();
            // Whoever has a class has one at every tolerance.
            Consistency::of(&classes).unwrap_or(consistency)
        };
        let starts: Vec<f64> =
            found.iter().filter_map(|classification| Some((classification.steady_start? + 1) as f64)).collect();
        Some(Stability {
            consistency,
            by_tolerance: std::array::from_fn(at),
            steady_processes: starts.len(),
            still_compiling: found.iter().filter(|classification| classification.is_still_compiling).count(),
            steady_iteration: median(&starts),
        })
    }
}
