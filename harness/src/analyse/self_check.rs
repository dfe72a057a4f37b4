//! A/A comparisons: the same contender under two names. Whatever difference a run shows between the two is the error
//! of the instrument on that machine, and so the [`Floor`] below which no difference should be believed.
//! The opposite is a slowed arm: a difference that was put there, and that the instrument has to find.
//!
//! Knows recorded runs and their analysis.

use crate::analyse::Pair;
use crate::plan::Plan;
use crate::plan::contender::Contender;
use crate::plan::floor::{COVERED, Floor, IdenticalPair, ModalPair, SlowedPair};
use crate::record::load::Recorded;
use crate::statistics::inference::{self, Comparison, Verdict};
use crate::statistics::{CONFIDENCE, Estimate, sample_variance, t_estimate, t_quantile};

/// The file that a run with an A/A arm derives: its [`Floor`] as JSON.
pub const FLOOR_FILE: &str = "aa.json";

/// How often a slowdown of the size that is called detectable is found.
const POWER: f64 = 0.8;

/// The floor that the A/A arm of a run with these pairs, `analysed[workload][contender]`, gives; `None` if it has no arm
/// or no identical pair finished.
pub fn floor(recorded: &Recorded, analysed: &[Vec<Pair>]) -> Option<Floor> {
    let plan = &recorded.plan;
    let pairs: Vec<IdenticalPair> = copies(plan, Contender::is_twin)
        .flat_map(|(original, twin)| {
            let rows = plan.workloads.iter().zip(analysed);
            rows.filter_map(move |(workload, row)| {
                identical_pair(plan, &workload.name, original, (&row[original], &row[twin]))
            })
        })
        .collect();
    let with_modes = copies(plan, Contender::is_twin)
        .flat_map(|(original, twin)| {
            let rows = plan.workloads.iter().zip(analysed);
            let modal = rows.filter(move |(_, row)| have_modes(&row[original], &row[twin]));
            modal.map(move |(workload, _)| modal_pair(plan, &workload.name, original))
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
        slowed: slowed_pairs(plan, analysed, &pairs),
        pairs,
        with_modes,
    })
}

/// The least slowdown in percent that Student's test finds with [`POWER`] in `blocks` with this deviation.
fn detectable_percent(deviation: f64, blocks: u32) -> Option<f64> {
    let degrees = blocks.checked_sub(1).filter(|degrees| *degrees > 0)?;
    let quantiles = t_quantile(CONFIDENCE, degrees) + t_quantile(2.0 * POWER - 1.0, degrees);
    Some(100.0 * (quantiles * deviation / f64::from(blocks).sqrt()).exp_m1())
}

/// Every contender with its slowed copy, the verdicts on all of them taken together.
fn slowed_pairs(plan: &Plan, analysed: &[Vec<Pair>], identical: &[IdenticalPair]) -> Vec<SlowedPair> {
    let mut found: Vec<(SlowedPair, Comparison)> = Vec::new();
    for (original, copy) in copies(plan, |contender| contender.slowdown_percent > 0) {
        for (workload, row) in plan.workloads.iter().zip(analysed) {
            if have_modes(&row[original], &row[copy]) {
                continue;
            }
            let differences = row[copy].differences(&row[original]);
            // A positive logarithm is a faster copy; a ratio of times wants the opposite.
            let times: Vec<f64> = differences.iter().map(|difference| -difference).collect();
            let comparison = Comparison::paired(&differences, plan.seed);
            let (Some(comparison), Some(ratio)) = (comparison, t_estimate(&times)) else { continue };
            let Estimate { centre, interval } = ratio.exp();
            let contender = &plan.contenders[original];
            let is_same = |pair: &&IdenticalPair| {
                (&pair.engine, &pair.engine_config, &pair.workload)
                    == (&contender.name, &contender.engine_config, &workload.name)
            };
            let log_deviation = identical.iter().find(is_same).and_then(|pair| pair.log_deviation);
            let pair = SlowedPair {
                engine: contender.name.clone(),
                engine_config: contender.engine_config.clone(),
                workload: workload.name.clone(),
                percent: plan.contenders[copy].slowdown_percent,
                ratio: centre,
                interval: interval.map(|interval| (interval.low, interval.high)),
                is_found: false,
                log_deviation,
                detectable_percent: log_deviation
                    .and_then(|deviation| detectable_percent(deviation, differences.len() as u32)),
            };
            found.push((pair, comparison));
        }
    }
    let comparisons: Vec<&Comparison> = found.iter().map(|(_, comparison)| comparison).collect();
    let verdicts = inference::verdicts(&comparisons, 0.0);
    let pairs = found.into_iter().zip(verdicts);
    pairs.map(|((pair, _), verdict)| SlowedPair { is_found: verdict == Verdict::Slower, ..pair }).collect()
}

/// The places of every contender that has a copy of the kind that is asked for, and of the copy.
fn copies(plan: &Plan, is_meant: impl Fn(&Contender) -> bool) -> impl Iterator<Item = (usize, usize)> {
    plan.contenders.iter().enumerate().filter(move |(_, copy)| is_meant(copy)).filter_map(|(copy, contender)| {
        let original = contender.twin_of.as_ref()?;
        let is_original = |other: &Contender| other.name == *original && other.engine_config == contender.engine_config;
        Some((plan.contenders.iter().position(is_original)?, copy))
    })
}

/// Whether either of the two, which ended well, falls into modes: then no mean stands for it.
fn have_modes(one: &Pair, other: &Pair) -> bool {
    one.is_ok() && other.is_ok() && (one.has_modes() || other.has_modes())
}

fn modal_pair(plan: &Plan, workload: &str, original: usize) -> ModalPair {
    let contender = &plan.contenders[original];
    ModalPair {
        engine: contender.name.clone(),
        engine_config: contender.engine_config.clone(),
        workload: workload.to_string(),
    }
}

fn identical_pair(
    plan: &Plan,
    workload: &str,
    original: usize,
    (of_original, of_twin): (&Pair, &Pair),
) -> Option<IdenticalPair> {
    if !of_original.is_ok() || !of_twin.is_ok() || have_modes(of_original, of_twin) {
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
    use crate::plan::schedule::Cell;
    use crate::plan::schedule::shuffled_blocks;
    use crate::record::environment::Environment;
    use crate::record::rows::example;
    use crate::record::work_queue::State;

    /// `base` and its twin on two workloads, in four blocks; `wall_ns` gives the time by twin or not, workload, block.
    fn run(wall_ns: impl Fn(bool, &str, u32) -> u64) -> Recorded {
        run_of(4, wall_ns)
    }

    fn run_of(blocks: u32, wall_ns: impl Fn(bool, &str, u32) -> u64) -> Recorded {
        let mut plan = example::plan(blocks);
        plan.contenders.truncate(1);
        plan.contenders.push(plan.contenders[0].twin());
        plan.not_applicable.clear();
        let cells = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(contender, workload)| Cell { contender, workload });
        plan.blocks = shuffled_blocks(&cells, blocks, plan.seed);
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
            events: Vec::new(),
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
        let findings = floor.findings();
        assert!(findings[0].contains("2 identical pairs: 1 raw 95 % intervals exclude 1"), "{}", findings[0]);
        assert!(
            findings[0].contains("at most 1.00 %") && findings[1].contains("one on base against itself"),
            "{findings:?}"
        );
        let text = serde_json::to_string(&floor).unwrap();
        assert_eq!(serde_json::from_str::<Floor>(&text).unwrap(), floor);
    }

    #[test]
    fn a_pair_with_modes_is_no_part_of_the_floor() {
        // On workload two one process in three is half as fast again.
        let recorded = run_of(9, |is_twin, workload, block| {
            let time_ns = 1_000_000 + u64::from(block * 7919 % 13) * 100 + if is_twin { 3000 } else { 0 };
            if workload == "two" && block % 3 == 0 { time_ns * 3 / 2 } else { time_ns }
        });
        let floor = floor(&recorded).unwrap();
        assert_eq!((floor.pairs.len(), floor.pairs[0].workload.as_str()), (1, "one"));
        let modal = ModalPair { engine: "base".to_string(), engine_config: String::new(), workload: "two".to_string() };
        assert_eq!(floor.with_modes, [modal]);
        assert!(floor.relative < 0.01, "{}", floor.relative);
        let findings = floor.findings().join(" ");
        assert!(
            findings.contains("no part of the floor, for their processes fall into modes: two on base."),
            "{findings}"
        );
        let text = serde_json::to_string(&floor).unwrap();
        assert_eq!(serde_json::from_str::<Floor>(&text).unwrap(), floor);
    }

    #[test]
    fn a_slowdown_that_was_put_there_is_found_or_said_to_be_too_small() {
        let mut plan = example::plan(4);
        plan.contenders.truncate(1);
        plan.contenders.push(plan.contenders[0].twin());
        plan.contenders.push(plan.contenders[0].slowed(5));
        plan.not_applicable.clear();
        let cells: Vec<Cell> =
            (0..3).flat_map(|contender| (0..2).map(move |workload| Cell { contender, workload })).collect();
        plan.blocks = shuffled_blocks(&cells, 4, plan.seed);
        let (invocations, mut iterations) = example::whole_run(&plan);
        for row in &mut iterations {
            let base = 1_000_000 + 100 * u64::from(row.block);
            // Workload two scatters widely between the copies.
            let scatter =
                if row.workload == "two" && row.engine != "base" { 300_000 * u64::from(row.block % 2) } else { 0 };
            row.wall_ns = base + scatter + if row.engine == "base+5%" { 50_000 + u64::from(row.block) } else { 0 };
        }
        let recorded = Recorded {
            plan,
            environment: Environment::capture(),
            invocations,
            iterations,
            repeated: Vec::new(),
            events: Vec::new(),
            state: State::Complete,
            remarks: Vec::new(),
        };
        let floor = floor(&recorded).unwrap();
        assert_eq!((floor.pairs.len(), floor.slowed.len()), (2, 2));
        let of = |workload: &str| floor.slowed.iter().find(|pair| pair.workload == workload).unwrap();
        assert!(of("one").is_found && of("one").is_quiet() && (of("one").ratio - 1.05).abs() < 1e-3);
        assert!(!of("two").is_found && !of("two").is_quiet() && of("two").detectable_percent.unwrap() > 5.0);
        let finding = floor.findings().pop().unwrap();
        assert!(finding.contains("5 % is found in 1 of 1 pairs") && finding.contains("0 of the 1 others"), "{finding}");
        assert!(finding.contains("two on base "), "{finding}");
    }

    #[test]
    fn without_an_arm_there_is_no_floor() {
        let mut recorded = run(|_, _, _| 1);
        recorded.plan.contenders[1].twin_of = None;
        assert_eq!(floor(&recorded), None);
        let mut recorded = run(|_, _, _| 1);
        recorded.invocations.iter_mut().for_each(|row| row.exit_kind = crate::record::outcome::Outcome::Crash);
        assert_eq!(floor(&recorded), None);
    }
}
