//! From recorded rows to estimates: the time of each pair of contender and workload, whether it is a steady one, its
//! speed-up over the baseline with a verdict, and the geometric mean over the workloads that all have in common.
//!
//! A pure function of a results folder. The rules are argued for in `harness/METHODOLOGY.md`. [`process`] is one
//! process, [`pair`] the processes of one pair, [`rows`] what is written of them, [`advice`] what to measure next,
//! [`compilation`] what compilers did, [`warm_up`] what speed costs before it is there, [`break_even`] when it pays,
//! [`attribution`] what changed the times; the mathematics are in [`crate::statistics`], [`crate::statistics::steady_state`] and [`crate::statistics::inference`].

pub mod advice;
pub mod attribution;
pub mod break_even;
pub mod compilation;
pub mod diff;
pub mod history;
pub mod mean;
pub mod pair;
pub mod process;
pub mod rows;
pub mod self_check;
pub mod warm_up;

pub use advice::Advice;
pub use mean::{GeometricMean, MeanValue};
pub use pair::{Mode, Pair, Stability};

use crate::plan::contender::{Contender, Kind};
use crate::plan::floor::Floor;
use crate::plan::preset::Preset;
use crate::plan::schedule::Cell;
use crate::plan::{Plan, PlannedWorkload};
use crate::record::load::Recorded;
use crate::record::outcome::Outcome;
use crate::statistics::inference::{self, Comparison};
use crate::statistics::{Estimate, Studentised, mean};

use pair::Rows;
use warm_up::Costs;

/// What a time is that nothing has tested for a steady state.
pub const LABEL: &str = "warm, not proven steady";

/// Fewest blocks that a geometric mean has an interval from.
pub const FEWEST_BLOCKS: usize = 4;

/// How much is concluded from the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Plain Student's t intervals; no class, no verdict.
    FirstLook,
    /// Classes, resampled intervals, verdicts, advice.
    Full,
}

impl Depth {
    fn of(preset: Preset) -> Depth {
        match preset {
            Preset::Quick => Depth::FirstLook,
            Preset::Standard | Preset::Careful => Depth::Full,
        }
    }

    /// The mean of `values` with the distribution that its interval comes from.
    fn studentise(self, values: &[f64], seed: u64) -> Option<Studentised> {
        match self {
            Depth::FirstLook => Studentised::student(values),
            Depth::Full => Studentised::mean(values, seed),
        }
    }

    /// The mean of `values` with its interval; `None` of nothing.
    fn estimate(self, values: &[f64], seed: u64) -> Option<Estimate> {
        let centre = mean(values)?;
        let interval = self.studentise(values, seed).map(|mean| mean.interval());
        Some(Estimate { centre, interval })
    }
}

/// The geometric means over the common workloads of one kind.
#[derive(Debug)]
pub struct GroupMeans {
    /// The kind, as the headers of the workloads say.
    pub name: String,
    /// The workloads, by their places.
    pub workloads: Vec<usize>,
    /// For each contender, as [`Analysis::geometric_means`].
    pub means: Vec<Option<GeometricMean>>,
}

/// The analysis of a run.
#[derive(Debug)]
pub struct Analysis<'a> {
    /// The plan that was carried out.
    pub plan: &'a Plan,
    /// How much is concluded.
    pub depth: Depth,
    /// The place of the baseline among the contenders, if it is there and has finished a workload: only then is there
    /// anything to compare with.
    pub baseline: Option<usize>,
    /// The pairs, `pairs[workload][contender]`.
    pub pairs: Vec<Vec<Pair>>,
    /// What each of them costs, in the same places.
    pub costs: Vec<Vec<Costs>>,
    /// The workloads that the geometric means are over, by their places.
    pub common: Vec<usize>,
    /// The geometric mean of the speed-ups over [`Analysis::common`] for each contender; `None` where it lacks one.
    pub geometric_means: Vec<Option<GeometricMean>>,
    /// The same by kind of workload, if the common ones are of several, for kinds with more than one; in the order in which
    /// kinds first come.
    pub groups: Vec<GroupMeans>,
    /// By how much equal contenders differed in this run, if it has an A/A arm.
    pub own_floor: Option<Floor>,
    /// What to measure next; `None` after a first look, and if nothing has a speed-up.
    pub advice: Option<Advice>,
}

impl<'a> Analysis<'a> {
    /// Analyses a run.
    pub fn new(recorded: &'a Recorded) -> Analysis<'a> {
        let plan = &recorded.plan;
        let depth = Depth::of(plan.preset);
        let rows = Rows::collect(recorded);
        let mut pairs: Vec<Vec<Pair>> = (0..plan.workloads.len())
            .map(|workload| {
                let cells = (0..plan.contenders.len()).map(|contender| Cell { contender, workload });
                cells.map(|cell| Pair::new(plan, depth, cell, &rows)).collect()
            })
            .collect();
        let named = |contender: &Contender| plan.baseline.as_ref() == Some(&contender.name);
        let has_finished = |contender: &usize| pairs.iter().any(|row| row[*contender].is_ok());
        let baseline = plan.contenders.iter().position(named).filter(has_finished);
        let common = common_workloads(plan, &pairs);
        let own_floor = self_check::floor(recorded, &pairs);
        let mut analysis = Analysis {
            plan,
            depth,
            baseline,
            pairs: Vec::new(),
            costs: Vec::new(),
            common,
            geometric_means: Vec::new(),
            groups: Vec::new(),
            own_floor,
            advice: None,
        };
        if let Some(baseline) = baseline {
            let floor = analysis.floor().map_or(0.0, |floor| floor.relative);
            // Of settings there are many, and their effects are small: they are told from chance whatever the effort.
            let gives_verdicts = depth == Depth::Full || !plan.purpose.is_comparison();
            compare_with(baseline, depth, plan.seed, floor, gives_verdicts, &mut pairs);
            analysis.advice = (depth == Depth::Full).then(|| Advice::new(baseline, &pairs)).flatten();
        }
        let costs = |row: &Vec<Pair>| row.iter().map(|pair| Costs::of(pair, depth, plan.seed)).collect();
        analysis.costs = pairs.iter().map(costs).collect();
        analysis.pairs = pairs;
        analysis.geometric_means = analysis.means_over(&analysis.common);
        let groups = groups(plan, &analysis.common).into_iter();
        analysis.groups = groups
            .map(|(name, workloads)| {
                let means = analysis.means_over(&workloads);
                GroupMeans { name, workloads, means }
            })
            .collect();
        analysis
    }

    /// The floor that verdicts respect: the higher one of this run's own and the earlier run's that its plan names.
    pub fn floor(&self) -> Option<&Floor> {
        let floors = [self.own_floor.as_ref(), self.plan.floor.as_ref()];
        floors.into_iter().flatten().max_by(|one, other| one.relative.total_cmp(&other.relative))
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

    /// Every pair that ran, with its workload and contender, in the order of the tables.
    pub fn all_pairs(&self) -> impl Iterator<Item = (&PlannedWorkload, &Contender, &Pair)> {
        let rows = self.plan.workloads.iter().zip(&self.pairs);
        rows.flat_map(move |(workload, row)| {
            self.plan.contenders.iter().zip(row).map(move |(contender, pair)| (workload, contender, pair))
        })
    }

    /// Every pair that did not end well.
    pub fn troubles(&self) -> impl Iterator<Item = (&PlannedWorkload, &Contender, &Pair)> {
        self.all_pairs().filter(|(_, _, pair)| pair.outcome.is_some_and(|outcome| outcome != Outcome::Ok))
    }

    /// Every pair of which some process slowed down or was not steady at the end.
    pub fn unstable(&self) -> impl Iterator<Item = (&PlannedWorkload, &Contender, &Pair)> {
        self.all_pairs().filter(|(_, _, pair)| pair.is_unstable())
    }

    /// Whether anything failed that the exit status must tell.
    pub fn has_failure(&self) -> bool {
        self.troubles().any(|(_, _, pair)| pair.outcome.is_some_and(Outcome::is_failure))
    }

    /// Every contender's geometric mean over some workloads.
    pub fn means_over(&self, workloads: &[usize]) -> Vec<Option<GeometricMean>> {
        (0..self.plan.contenders.len()).map(|contender| self.geometric_mean(contender, workloads)).collect()
    }
}

/// Fills in the speed-ups over the baseline and, if they are wanted, the verdicts on all of them together.
fn compare_with(baseline: usize, depth: Depth, seed: u64, floor: f64, gives_verdicts: bool, pairs: &mut [Vec<Pair>]) {
    let mut cells: Vec<(Cell, Comparison)> = Vec::new();
    for (workload, row) in pairs.iter_mut().enumerate() {
        for contender in 0..row.len() {
            if contender != baseline && (row[contender].has_modes() || row[baseline].has_modes()) {
                row[contender].speedup_modes = row[contender].speedup_modes_over(&row[baseline]);
                continue;
            }
            let differences = row[contender].differences(&row[baseline]);
            let Some(centre) = mean(&differences) else { continue };
            let comparison = Comparison { centre, studentised: depth.studentise(&differences, seed) };
            row[contender].speedup = Some(comparison.speedup());
            if contender != baseline {
                cells.push((Cell { contender, workload }, comparison));
            }
        }
    }
    if gives_verdicts {
        let comparisons: Vec<&Comparison> = cells.iter().map(|(_, comparison)| comparison).collect();
        for ((cell, _), verdict) in cells.iter().zip(inference::verdicts(&comparisons, floor)) {
            pairs[cell.workload][cell.contender].verdict = Some(verdict);
        }
    }
}

/// The common workloads by their kinds, those kinds of which there are several; none if all are of one kind, or if none
/// says which.
fn groups(plan: &Plan, common: &[usize]) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for workload in common {
        let Some(group) = &plan.workloads[*workload].group else { continue };
        match groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, members)) => members.push(*workload),
            None => groups.push((group.clone(), vec![*workload])),
        }
    }
    if groups.len() < 2 {
        return Vec::new();
    }
    // The mean of one workload stands in its own row.
    groups.retain(|(_, members)| members.len() > 1);
    groups
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

#[cfg(test)]
mod tests;
