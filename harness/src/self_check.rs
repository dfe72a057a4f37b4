//! A/A comparisons: the same contender under two names. Whatever difference a run shows between the two is the error
//! of the instrument on that machine, and so the floor below which no difference should be believed.
//!
//! Knows recorded runs and their analysis. The floor of one run is handed to a later one (`compare --floor`), which
//! keeps it in its plan; who judges differences widens the band of "equivalent" to [`Floor::relative`].

use serde::{Deserialize, Serialize};

use crate::analyse::Pair;
use crate::load::Recorded;
use crate::plan::Plan;
use crate::statistics::{Estimate, sample_variance, t_estimate};
use crate::workload::Size;

/// The file that a run with an A/A arm derives: its [`Floor`] as JSON.
pub const FLOOR_FILE: &str = "aa.json";

/// The part of identical pairs that must differ by less than the floor.
const COVERED: f64 = 0.95;

/// What an A/A arm says of a machine. Field names are those of the file, and of `floor` in `plan.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// The run that it is from.
    pub run_id: String,
    /// The processor of that run.
    pub cpu_model: Option<String>,
    /// The size of its workloads.
    pub size: Size,
    /// The relative difference below which 95 % of the identical pairs stay, the largest one of fewer than 20: 0.012
    /// is 1.2 %.
    pub relative: f64,
    /// Every identical pair.
    pub pairs: Vec<IdenticalPair>,
}

/// One workload on a contender and its twin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdenticalPair {
    /// The contender.
    pub engine: String,
    /// Its configuration.
    pub engine_config: String,
    /// The workload.
    pub workload: String,
    /// Blocks that both have.
    pub blocks: u32,
    /// The time of the one by that of its twin: 1 but for error.
    pub ratio: f64,
    /// The ends of the ratio's raw 95 % interval, by Student's t; `None` of fewer than 3 blocks.
    pub interval: Option<(f64, f64)>,
    /// The standard deviation, over blocks, of the logarithm of the ratio in a block.
    pub log_deviation: Option<f64>,
}

impl IdenticalPair {
    /// Whether its raw interval denies that the two are the same.
    pub fn excludes_one(&self) -> bool {
        self.interval.is_some_and(|(low, high)| low > 1.0 || high < 1.0)
    }

    /// By how much the two differ: 0.012 is 1.2 %, whichever is faster.
    pub fn relative_difference(&self) -> f64 {
        self.ratio.max(1.0 / self.ratio) - 1.0
    }
}

impl Floor {
    /// The floor that the A/A arm of a run with these pairs, `analysed[workload][contender]`, gives; `None` if it has no arm or no identical pair finished.
    pub fn of(recorded: &Recorded, analysed: &[Vec<Pair>]) -> Option<Floor> {
        let plan = &recorded.plan;
        let pairs: Vec<IdenticalPair> = twins(plan)
            .flat_map(|(original, twin)| {
                let rows = plan.workloads.iter().zip(analysed);
                rows.filter_map(move |(workload, row)| {
                    identical_pair(plan, &workload.name, original, (&row[original], &row[twin]))
                })
            })
            .collect();
        let mut differences: Vec<f64> = pairs.iter().map(IdenticalPair::relative_difference).collect();
        differences.sort_by(f64::total_cmp);
        let place = (COVERED * differences.len() as f64).ceil() as usize;
        Some(Floor {
            run_id: plan.run_id.clone(),
            cpu_model: recorded.environment.machine.cpu_model.clone(),
            size: plan.size,
            relative: *differences.get(place.checked_sub(1)?)?,
            pairs,
        })
    }

    /// What the arm found, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let excluded: Vec<&IdenticalPair> = self.pairs.iter().filter(|pair| pair.excludes_one()).collect();
        let mut notes = vec![format!(
            "A/A arm of {} identical pairs: {} raw 95 % intervals exclude 1 (about {:.1} would by chance); 95 % of the \
             pairs differ by at most {:.2} %, the floor.",
            self.pairs.len(),
            excluded.len(),
            (1.0 - COVERED) * self.pairs.len() as f64,
            self.relative * 100.0,
        )];
        for pair in excluded {
            let (low, high) = pair.interval.unwrap_or((pair.ratio, pair.ratio));
            let IdenticalPair { engine, workload, ratio, .. } = pair;
            notes.push(format!("A/A: {workload} on {engine} against itself: {ratio:.4} ({low:.4} to {high:.4})"));
        }
        notes
    }
}

/// The places of every contender that has a twin, and of the twin.
fn twins(plan: &Plan) -> impl Iterator<Item = (usize, usize)> {
    plan.contenders.iter().enumerate().filter_map(|(twin, contender)| {
        let original = contender.twin_of.as_ref()?;
        let is_original = |other: &crate::contender::Contender| {
            other.name == *original && other.engine_config == contender.engine_config
        };
        Some((plan.contenders.iter().position(is_original)?, twin))
    })
}

fn identical_pair(
    plan: &Plan,
    workload: &str,
    original: usize,
    (of_original, of_twin): (&Pair, &Pair),
) -> Option<IdenticalPair> {
    if !of_original.is_ok() || !of_twin.is_ok() {
        return None;
    }
    let differences = of_twin.differences(of_original);
    let Estimate { centre, interval } = t_estimate(&differences)?.exp();
    let contender = &plan.contenders[original];
    Some(IdenticalPair {
        engine: contender.name.clone(),
        engine_config: contender.engine_config.clone(),
        workload: workload.to_string(),
        blocks: differences.len() as u32,
        ratio: centre,
        interval: interval.map(|interval| (interval.low, interval.high)),
        log_deviation: sample_variance(&differences).map(f64::sqrt),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::Analysis;
    use crate::environment::Environment;
    use crate::ledger::State;
    use crate::rows::example;
    use crate::schedule::Cell;
    use crate::schedule::shuffled_blocks;

    /// `base` and its twin on two workloads, in four blocks; `wall_ns` gives the time by twin or not, workload, block.
    fn run(wall_ns: impl Fn(bool, &str, u32) -> u64) -> Recorded {
        let mut plan = example::plan(4);
        plan.contenders.truncate(1);
        plan.contenders.push(plan.contenders[0].twin());
        plan.not_applicable.clear();
        let cells = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(contender, workload)| Cell { contender, workload });
        plan.blocks = shuffled_blocks(&cells, 4, plan.seed);
        let (invocations, mut iterations) = example::whole_run(&plan);
        for row in &mut iterations {
            row.wall_ns = wall_ns(row.engine == "base'", &row.workload, row.block);
        }
        Recorded {
            plan,
            environment: Environment::capture(),
            invocations,
            iterations,
            repeated: Vec::new(),
            state: State::Complete,
            remarks: Vec::new(),
        }
    }

    fn floor(recorded: &Recorded) -> Option<Floor> {
        Analysis::new(recorded).own_floor
    }

    #[test]
    fn the_floor_is_the_difference_that_nearly_all_pairs_stay_below() {
        // Workload one: the twin is 1 % slower in every block but for a little. Workload two: the same times.
        let recorded = run(|is_twin, workload, block| match (is_twin, workload) {
            (true, "one") => 1_010_000 + u64::from(block),
            _ => 1_000_000,
        });
        let floor = floor(&recorded).unwrap();
        assert_eq!(floor.pairs.len(), 2);
        assert!((floor.relative - 0.010_002_5).abs() < 1e-6, "{}", floor.relative);
        let of = |workload: &str| floor.pairs.iter().find(|pair| pair.workload == workload).unwrap();
        assert!(of("one").excludes_one() && of("one").ratio < 1.0 && of("one").blocks == 4);
        assert!(!of("two").excludes_one());
        assert_eq!((of("two").ratio, of("two").log_deviation), (1.0, Some(0.0)));
        let notes = floor.notes();
        assert!(notes[0].contains("2 identical pairs: 1 raw 95 % intervals exclude 1"), "{}", notes[0]);
        assert!(notes[0].contains("at most 1.00 %") && notes[1].contains("one on base against itself"), "{notes:?}");
        let text = serde_json::to_string(&floor).unwrap();
        assert_eq!(serde_json::from_str::<Floor>(&text).unwrap(), floor);
    }

    #[test]
    fn without_an_arm_there_is_no_floor() {
        let mut recorded = run(|_, _, _| 1);
        recorded.plan.contenders[1].twin_of = None;
        assert_eq!(floor(&recorded), None);
        let mut recorded = run(|_, _, _| 1);
        recorded.invocations.iter_mut().for_each(|row| row.exit_kind = crate::outcome::Outcome::Crash);
        assert_eq!(floor(&recorded), None);
    }
}
