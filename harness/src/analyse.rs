//! From recorded rows to estimates: the time of each pair of contender and workload, its speed-up over the baseline,
//! and the geometric mean over the workloads that all have in common.
//!
//! A pure function of a results folder. The formulas are argued for in `harness/METHODOLOGY.md`; the statistics are
//! in [`crate::statistics`].

use std::collections::BTreeMap;

use crate::contender::{Contender, Kind};
use crate::load::Recorded;
use crate::outcome::Outcome;
use crate::plan::{Plan, PlannedWorkload};
use crate::rows::{InvocationRow, SummaryRow};
use crate::schedule::Cell;
use crate::statistics::{Estimate, bootstrap_t_interval, mean, median, t_interval};

/// What every time of this tool is until warm-up is classified.
pub const LABEL: &str = "warm, not proven steady";

/// The analysis of a run.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// The plan that was carried out.
    pub plan: &'a Plan,
    /// The place of the baseline among the contenders, if it is there.
    pub baseline: Option<usize>,
    /// The pairs, `pairs[workload][contender]`.
    pub pairs: Vec<Vec<Pair>>,
    /// The workloads that the geometric means are over, by their places.
    pub common: Vec<usize>,
    /// The geometric mean of the speed-ups over [`Analysis::common`] for each contender; `None` where it lacks one.
    pub geometric_means: Vec<Option<Estimate>>,
}

/// One pair of contender and workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// How it ended: that of its first invocation that did not end well; `None` if the run ended before it began.
    pub outcome: Option<Outcome>,
    /// Why, if it is not [`Outcome::Ok`].
    pub reason: String,
    /// Processes.
    pub invocations: u32,
    /// Iterations, of all processes, that the numbers below are from.
    pub iterations: u32,
    /// The middle process's median of its last half of iterations, in nanoseconds.
    pub median_ns: Option<f64>,
    /// The time of an iteration in nanoseconds: the geometric mean of the processes' means.
    pub time_ns: Option<Estimate>,
    /// How many times as fast as the baseline.
    pub speedup: Option<Estimate>,
    /// The logarithm of each process's mean time, by block.
    log_means: BTreeMap<u32, f64>,
}

impl<'a> Analysis<'a> {
    /// Analyses a run.
    pub fn new(recorded: &'a Recorded) -> Analysis<'a> {
        let plan = &recorded.plan;
        let baseline = plan
            .baseline
            .as_ref()
            .and_then(|name| plan.contenders.iter().position(|contender| contender.name == *name));
        let times = Times::collect(recorded);
        let mut pairs: Vec<Vec<Pair>> = (0..plan.workloads.len())
            .map(|workload| {
                let cells = (0..plan.contenders.len()).map(|contender| Cell { contender, workload });
                cells.map(|cell| Pair::new(plan, cell, &times)).collect()
            })
            .collect();
        if let Some(baseline) = baseline {
            for row in &mut pairs {
                let reference = row[baseline].log_means.clone();
                for pair in row.iter_mut() {
                    pair.speedup = t_interval(&differences(&reference, &pair.log_means)).map(Estimate::exp);
                }
            }
        }
        let common = common_workloads(plan, &pairs);
        let geometric_means = (0..plan.contenders.len())
            .map(|contender| geometric_mean(plan, &pairs, &common, baseline?, contender))
            .collect();
        Analysis { plan, baseline, pairs, common, geometric_means }
    }

    /// The baseline with its version, for titles.
    pub fn baseline_label(&self) -> Option<String> {
        let contender = &self.plan.contenders[self.baseline?];
        Some(format!("{} ({})", contender.name, contender.version))
    }

    /// Contenders in the order of tables: the baseline first.
    pub fn order(&self) -> Vec<usize> {
        let others = (0..self.plan.contenders.len()).filter(|contender| Some(*contender) != self.baseline);
        self.baseline.into_iter().chain(others).collect()
    }

    /// Every pair that did not end well, with its workload and contender, in the order of the tables.
    pub fn troubles(&self) -> impl Iterator<Item = (&PlannedWorkload, &Contender, &Pair)> {
        let rows = self.plan.workloads.iter().zip(&self.pairs);
        rows.flat_map(move |(workload, row)| {
            self.plan.contenders.iter().zip(row).map(move |(contender, pair)| (workload, contender, pair))
        })
        .filter(|(_, _, pair)| pair.outcome.is_some_and(|outcome| outcome != Outcome::Ok))
    }

    /// Whether anything failed that the exit status must tell.
    pub fn has_failure(&self) -> bool {
        self.troubles().any(|(_, _, pair)| pair.outcome.is_some_and(Outcome::is_failure))
    }

    /// The rows of `summary.csv`. A pair that never began has none.
    pub fn summary(&self) -> Vec<SummaryRow> {
        let mut rows = Vec::new();
        for (workload, pairs) in self.plan.workloads.iter().zip(&self.pairs) {
            for (contender, pair) in self.plan.contenders.iter().zip(pairs) {
                if let Some(outcome) = pair.outcome {
                    rows.push(self.summary_row(workload, contender, pair, outcome));
                }
            }
        }
        rows
    }

    fn summary_row(
        &self,
        workload: &PlannedWorkload,
        contender: &Contender,
        pair: &Pair,
        outcome: Outcome,
    ) -> SummaryRow {
        let whole = |time_ns: f64| time_ns.round() as u64;
        let time = pair.time_ns;
        let interval = time.and_then(|time| time.interval);
        let speedup = pair.speedup;
        let speedup_interval = speedup.and_then(|speedup| speedup.interval);
        SummaryRow {
            run_id: self.plan.run_id.clone(),
            engine: contender.name.clone(),
            engine_config: contender.engine_config.clone(),
            workload: workload.name.clone(),
            size: self.plan.size,
            invocations: pair.invocations,
            iterations: pair.iterations,
            median_ns: pair.median_ns.map(whole),
            mean_ns: time.map(|time| whole(time.centre)),
            ci_low_ns: interval.map(|(low, _)| whole(low)),
            ci_high_ns: interval.map(|(_, high)| whole(high)),
            baseline: self.plan.baseline.clone(),
            speedup: speedup.map(|speedup| rounded(speedup.centre)),
            speedup_ci_low: speedup_interval.map(|(low, _)| rounded(low)),
            speedup_ci_high: speedup_interval.map(|(_, high)| rounded(high)),
            outcome,
            reason: pair.reason.clone(),
        }
    }
}

/// Six decimals: past the precision of any interval, and short enough to read.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1e6).round() / 1e6
}

/// The recorded rows, by pair.
struct Times<'a> {
    invocations: BTreeMap<Cell, Vec<&'a InvocationRow>>,
    /// Wall times of each process, by its place in the run.
    wall_ns: BTreeMap<u32, Vec<f64>>,
}

impl<'a> Times<'a> {
    fn collect(recorded: &'a Recorded) -> Times<'a> {
        let plan = &recorded.plan;
        let mut times = Times { invocations: BTreeMap::new(), wall_ns: BTreeMap::new() };
        for row in &recorded.invocations {
            let contender = plan
                .contenders
                .iter()
                .position(|contender| contender.name == row.engine && contender.engine_config == row.engine_config);
            let workload = plan.workloads.iter().position(|workload| workload.name == row.workload);
            // A row of nothing in the plan is no part of this run.
            if let (Some(contender), Some(workload)) = (contender, workload) {
                times.invocations.entry(Cell { contender, workload }).or_default().push(row);
            }
        }
        for row in &recorded.iterations {
            times.wall_ns.entry(row.seq).or_default().push(row.wall_ns as f64);
        }
        times
    }

    /// The last half of the iterations of one process, the larger half of an odd number.
    fn last_half(&self, seq: u32) -> &[f64] {
        let all = self.wall_ns.get(&seq).map_or(&[][..], Vec::as_slice);
        &all[all.len() / 2..]
    }
}

impl Pair {
    fn new(plan: &Plan, cell: Cell, times: &Times) -> Pair {
        let mut pair = Pair {
            outcome: None,
            reason: String::new(),
            invocations: 0,
            iterations: 0,
            median_ns: None,
            time_ns: None,
            speedup: None,
            log_means: BTreeMap::new(),
        };
        if let Some(never) = plan.not_applicable.iter().find(|never| never.cell == cell) {
            pair.outcome = Some(Outcome::NotApplicable);
            pair.reason = never.reason.clone();
            return pair;
        }
        let Some(rows) = times.invocations.get(&cell) else { return pair };
        pair.invocations = rows.len() as u32;
        if let Some(bad) = rows.iter().find(|row| row.exit_kind != Outcome::Ok) {
            // No time is given for a program that fails, not even for the processes in which it did not.
            pair.outcome = Some(bad.exit_kind);
            pair.reason = bad.reason.clone();
            return pair;
        }
        pair.outcome = Some(Outcome::Ok);
        let mut medians = Vec::new();
        for row in rows {
            let used = times.last_half(row.seq);
            pair.iterations += used.len() as u32;
            medians.extend(median(used));
            // A mean below the clock's resolution counts as one nanosecond.
            let log_mean = mean(used).map(|mean_ns| mean_ns.max(1.0).ln());
            pair.log_means.extend(log_mean.map(|log_mean| (row.block, log_mean)));
        }
        pair.median_ns = median(&medians);
        let log_means: Vec<f64> = pair.log_means.values().copied().collect();
        pair.time_ns = t_interval(&log_means).map(Estimate::exp);
        pair
    }

    /// The logarithm of each process's mean time in nanoseconds, by block; empty if the pair failed.
    pub fn log_means(&self) -> &BTreeMap<u32, f64> {
        &self.log_means
    }

    /// Whether its numbers can be used.
    pub fn is_ok(&self) -> bool {
        self.outcome == Some(Outcome::Ok)
    }
}

/// For every block that both have: by how much the logarithm of the time is below the reference's.
fn differences(reference: &BTreeMap<u32, f64>, log_means: &BTreeMap<u32, f64>) -> Vec<f64> {
    log_means.iter().filter_map(|(block, log_mean)| Some(reference.get(block)? - log_mean)).collect()
}

/// The workloads that every contender finished, apart from `native` (which exists for few) and contenders that
/// finished none (which would leave nothing).
fn common_workloads(plan: &Plan, pairs: &[Vec<Pair>]) -> Vec<usize> {
    let counts = |contender: usize| {
        let is_a_lua = match plan.contenders[contender].kind {
            Kind::Engine | Kind::Yardstick | Kind::Foreign => true,
            Kind::Native => false,
        };
        is_a_lua && pairs.iter().any(|row| row[contender].is_ok())
    };
    let counted: Vec<usize> = (0..plan.contenders.len()).filter(|contender| counts(*contender)).collect();
    (0..pairs.len())
        .filter(|workload| !counted.is_empty() && counted.iter().all(|contender| pairs[*workload][*contender].is_ok()))
        .collect()
}

/// The geometric mean of `contender`'s speed-ups over the common workloads. Its interval resamples blocks jointly: a
/// block stands for one invocation of every pair in it.
fn geometric_mean(
    plan: &Plan,
    pairs: &[Vec<Pair>],
    common: &[usize],
    baseline: usize,
    contender: usize,
) -> Option<Estimate> {
    if contender == baseline || common.is_empty() || !common.iter().all(|workload| pairs[*workload][contender].is_ok())
    {
        return None;
    }
    let by_block: Vec<f64> = (1..=plan.invocations)
        .filter_map(|block| {
            let logs: Option<Vec<f64>> = common
                .iter()
                .map(|workload| {
                    let row = &pairs[*workload];
                    Some(row[baseline].log_means.get(&block)? - row[contender].log_means.get(&block)?)
                })
                .collect();
            mean(&logs?)
        })
        .collect();
    bootstrap_t_interval(&by_block, plan.seed).map(Estimate::exp)
}

#[cfg(test)]
mod tests;
