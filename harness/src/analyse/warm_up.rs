//! What a contender costs before it runs at its speed, and beside it: start-up, the first iteration, the time to its steady
//! state, its warm-up debt, compiling, collecting, memory, machine code.
//!
//! Leaving these out favours compilers. All numbers are of the timed processes of one pair; [`super::break_even`] sets
//! two contenders against each other.

use super::pair::Pair;
use super::process::Process;
use super::{Analysis, Depth};
use crate::plan::PlannedWorkload;
use crate::plan::contender::Contender;
use crate::record::rows::WarmUpRow;
use crate::statistics::{Estimate, mean, median};

/// What one pair costs before and beside its steady iterations. Times are in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Costs {
    /// From the start of the process to the first instruction of the workload: the middle process.
    pub startup_ns: Option<f64>,
    /// The first iteration of the middle process.
    pub first_ns: Option<f64>,
    /// How many times as long as a warm one the first iteration takes: the middle process.
    pub first_ratio: Option<f64>,
    /// From the start of the first iteration to that of the steady state, the mean over processes; `None` unless every
    /// process became steady.
    pub time_to_steady_ns: Option<Estimate>,
    /// How much longer those iterations took than as many steady ones, the mean over processes.
    pub debt_ns: Option<Estimate>,
    /// Compiling in all iterations of the middle process; `None` where nothing counts it.
    pub compile_ns: Option<f64>,
    /// The share of the time of iterations that went into compiling.
    pub compile_share: Option<f64>,
    /// The share of the time of iterations that went into collecting.
    pub gc_share: Option<f64>,
    /// Most memory resident, of the middle process, in bytes.
    pub max_rss_bytes: Option<f64>,
    /// Machine code after the last iteration, of the middle process, in bytes.
    pub code_bytes: Option<f64>,
}

impl Costs {
    /// Those of a pair; nothing of one that did not end well.
    pub fn of(pair: &Pair, depth: Depth, seed: u64) -> Costs {
        let processes = &pair.processes;
        let middle =
            |of: &dyn Fn(&Process) -> Option<f64>| median(&processes.iter().filter_map(of).collect::<Vec<f64>>());
        // A mean is of every process or of none: those that never became steady would be the long ones.
        let over_all = |of: &dyn Fn(&Process) -> Option<f64>| {
            let values: Vec<f64> = processes.iter().map(of).collect::<Option<_>>()?;
            depth.estimate(&values, seed)
        };
        let share = |part: &dyn Fn(&Process) -> Option<u64>| {
            let parts: Vec<f64> =
                processes.iter().map(|process| part(process).map(|ns| ns as f64)).collect::<Option<_>>()?;
            let whole: f64 = processes.iter().flat_map(|process| &process.wall_ns).sum();
            (whole > 0.0).then(|| parts.iter().sum::<f64>() / whole)
        };
        Costs {
            startup_ns: middle(&|process| process.startup_ns.map(|ns| ns as f64)),
            first_ns: middle(&|process| process.wall_ns.first().copied()),
            first_ratio: middle(&|process| Some(process.wall_ns.first()? / process.log_mean.exp())),
            time_to_steady_ns: over_all(&|process| process.time_to_steady_ns()),
            debt_ns: over_all(&|process| process.debt_ns()),
            compile_ns: middle(&|process| process.used.compile_ns.map(|ns| ns as f64)),
            compile_share: share(&|process| process.used.compile_ns),
            gc_share: share(&|process| process.used.gc_ns),
            max_rss_bytes: middle(&|process| process.used.max_rss_bytes.map(|bytes| bytes as f64)),
            code_bytes: middle(&|process| process.used.code_bytes.map(|bytes| bytes as f64)),
        }
    }
}

impl Process {
    /// From the start of the first iteration to that of the steady state, in nanoseconds; `None` without one.
    pub fn time_to_steady_ns(&self) -> Option<f64> {
        let start = self.classification.as_ref()?.steady_start?;
        // The sum of nothing is -0 in floating point.
        Some(self.wall_ns[..start].iter().sum::<f64>() + 0.0)
    }

    /// How much longer the iterations before the steady state took than as many steady ones, in nanoseconds; below 0 if
    /// they were faster. `None` without a steady state.
    pub fn debt_ns(&self) -> Option<f64> {
        let start = self.classification.as_ref()?.steady_start?;
        let steady_ns = mean(&self.wall_ns[start..])?;
        Some(self.wall_ns[..start].iter().sum::<f64>() - start as f64 * steady_ns + 0.0)
    }
}

impl Analysis<'_> {
    /// The rows of `warm_up.csv`: of every pair that ended well.
    pub fn warm_up_rows(&self) -> Vec<WarmUpRow> {
        let costs = self.costs.iter().flatten();
        let pairs = self.all_pairs().zip(costs).filter(|((_, _, pair), _)| pair.is_ok());
        pairs.map(|((workload, contender, _), costs)| self.warm_up_row(workload, contender, costs)).collect()
    }

    fn warm_up_row(&self, workload: &PlannedWorkload, contender: &Contender, costs: &Costs) -> WarmUpRow {
        let whole = |value: Option<f64>| value.map(|value| value.round() as u64);
        let signed = |value: f64| value.round() as i64;
        let share = |value: Option<f64>| value.map(|value| (value * 1e6).round() / 1e6);
        let interval = |estimate: Option<Estimate>| estimate.and_then(|estimate| estimate.interval);
        let (steady, debt) = (costs.time_to_steady_ns, costs.debt_ns);
        WarmUpRow {
            run_id: self.plan.run_id.clone(),
            engine: contender.name.clone(),
            engine_id: contender.engine_id.clone(),
            build: contender.build.clone().unwrap_or_default(),
            engine_config: contender.engine_config.clone(),
            workload: workload.name.clone(),
            size: self.plan.size,
            startup_ns: whole(costs.startup_ns),
            first_ns: whole(costs.first_ns),
            first_ratio: share(costs.first_ratio),
            time_to_steady_ns: whole(steady.map(|steady| steady.centre)),
            time_to_steady_ci_low_ns: interval(steady).map(|interval| signed(interval.low)),
            time_to_steady_ci_high_ns: interval(steady).map(|interval| signed(interval.high)),
            debt_ns: debt.map(|debt| signed(debt.centre)),
            debt_ci_low_ns: interval(debt).map(|interval| signed(interval.low)),
            debt_ci_high_ns: interval(debt).map(|interval| signed(interval.high)),
            compile_ns: whole(costs.compile_ns),
            compile_share: share(costs.compile_share),
            gc_share: share(costs.gc_share),
            max_rss_bytes: whole(costs.max_rss_bytes),
            code_bytes: whole(costs.code_bytes),
        }
    }
}

#[cfg(test)]
mod tests;
