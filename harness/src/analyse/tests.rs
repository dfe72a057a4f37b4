//! The analysis of small runs written down by hand.

use super::*;
use crate::plan::preset::IterationRule;
use crate::plan::schedule;
use crate::record::rows::example::{plan, recorded as record};
use crate::statistics::inference::Verdict;
use crate::statistics::steady_state::{Class, Consistency};
use crate::statistics::{Interval, IntervalMethod};

/// `base` takes 1000 or 2000 ns once warm, `fast` a quarter of it, `native` a tenth; every block has its own drift,
/// which pairing must take out.
fn steady(cell: Cell, block: u32) -> (Outcome, Vec<u64>) {
    let time_ns = (1000 << cell.workload) / [1, 4, 10][cell.contender] * u64::from(10 + block);
    (Outcome::Ok, vec![time_ns * 50, time_ns * 9, time_ns, time_ns])
}

fn estimate(mean: Option<GeometricMean>) -> Estimate {
    match mean.unwrap().value {
        MeanValue::Estimate(estimate) => estimate,
        MeanValue::Between { slow, fast } => panic!("{slow}..{fast}"),
    }
}

fn centre(mean: Option<GeometricMean>) -> f64 {
    estimate(mean).centre
}

#[test]
fn pairing_by_block_takes_out_drift() {
    let recorded = record(&plan(5), steady);
    let analysis = Analysis::new(&recorded);
    let speedup = analysis.pairs[0][1].speedup.unwrap();
    assert!((speedup.centre - 4.0).abs() < 1e-9);
    let Interval { low, high, method } = speedup.interval.unwrap();
    assert_eq!(method, IntervalMethod::StudentT);
    assert!((low - 4.0).abs() < 1e-9 && (high - 4.0).abs() < 1e-9, "{low}..{high}");
    let Interval { low, high, .. } = analysis.pairs[0][1].time_ns.unwrap().interval.unwrap();
    assert!(low < 3200.0 && 3300.0 < high, "the times themselves do drift: {low}..{high}");
    assert_eq!(analysis.pairs[0][1].median_ns, Some(3250.0));
    assert_eq!((analysis.pairs[0][1].invocations, analysis.pairs[0][1].iterations()), (5, 10));
}

#[test]
fn the_geometric_mean_is_over_what_all_have_in_common() {
    let recorded = record(&plan(5), steady);
    let analysis = Analysis::new(&recorded);
    assert_eq!(analysis.common, [0, 1]);
    assert!((centre(analysis.geometric_means[1]) - 4.0).abs() < 1e-9);
    // The baseline has none over itself, native lacks a workload.
    assert_eq!((analysis.geometric_means[0], analysis.geometric_means[2]), (None, None));
    assert_eq!(analysis.order(), [0, 1, 2]);
    assert!(!analysis.has_failure());
}

#[test]
fn each_kind_of_workload_has_its_mean() {
    let mut plan = plan(5);
    for (name, group) in [("three", Some("loops")), ("four", None)] {
        let workload = PlannedWorkload { name: name.to_string(), ..plan.workloads[0].clone() };
        plan.workloads.push(PlannedWorkload { group: group.map(str::to_string), ..workload });
    }
    plan.workloads[0].group = Some("loops".to_string());
    plan.workloads[1].group = Some("calls".to_string());
    let added = [(0, 2), (1, 2), (0, 3), (1, 3)].map(|(contender, workload)| Cell { contender, workload });
    plan.blocks.iter_mut().for_each(|cells| cells.extend(added));
    let recorded = record(&plan, |cell, block| match cell {
        // The baseline takes 4000 ns there.
        Cell { contender: 1, workload: 2 } => (Outcome::Ok, vec![64_000 * u64::from(10 + block); 4]),
        cell => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    let groups: Vec<_> = analysis.groups.iter().map(|group| (group.name.as_str(), &group.workloads[..])).collect();
    // The only one of its kind needs no mean, nor has one without a kind.
    assert_eq!(groups, [("loops", &[0, 2][..])]);
    // Four times as fast on one, and a sixteenth as fast on the other.
    assert!((centre(analysis.groups[0].means[1]) - 0.5).abs() < 1e-9);
}

#[test]
fn a_pair_that_failed_once_has_no_time_and_is_a_failure() {
    let recorded = record(&plan(5), |cell, block| match (cell, block) {
        (Cell { contender: 1, workload: 1 }, 3) => (Outcome::WrongResult, vec![1, 1]),
        (cell, block) => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[1][1];
    assert_eq!((pair.outcome, pair.reason.as_str()), (Some(Outcome::WrongResult), "because"));
    assert_eq!((pair.time_ns, pair.speedup, pair.median_ns), (None, None, None));
    assert_eq!(analysis.common, [0]);
    assert!(analysis.has_failure());
    let summary = analysis.summary();
    let row = summary.iter().find(|row| row.engine == "fast" && row.workload == "two").unwrap();
    assert_eq!((row.outcome, row.speedup, row.mean_ns), (Outcome::WrongResult, None, None));
}

#[test]
fn declining_is_no_failure_and_what_never_ran_has_no_row() {
    let mut plan = plan(1);
    plan.workloads.push(PlannedWorkload { name: "three".to_string(), ..plan.workloads[0].clone() });
    let recorded = record(&plan, |cell, block| match cell.contender {
        1 => (Outcome::Unsupported, vec![]),
        _ => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    assert!(!analysis.has_failure());
    assert_eq!(analysis.pairs[2][0].outcome, None);
    assert_eq!(analysis.summary().len(), 6);
    // One process gives a time but no interval.
    let estimate = analysis.pairs[0][0].time_ns.unwrap();
    assert!((estimate.centre - 11_000.0).abs() < 1e-6);
    assert_eq!(estimate.interval, None);
    // `fast` finished nothing, so it does not empty the common set.
    assert_eq!(analysis.common, [0, 1]);
}

#[test]
fn a_baseline_that_finished_nothing_is_none() {
    let recorded = record(&plan(3), |cell, block| match cell.contender {
        0 => (Outcome::LuaError, vec![]),
        _ => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    assert_eq!((analysis.baseline, analysis.baseline_label()), (None, None));
    assert!(analysis.geometric_means.iter().all(Option::is_none));
    // One that failed on some workloads is compared with on the others.
    let recorded = record(&plan(3), |cell, block| match (cell.contender, cell.workload) {
        (0, 1) => (Outcome::LuaError, vec![]),
        _ => steady(cell, block),
    });
    let analysis = Analysis::new(&recorded);
    assert_eq!((analysis.baseline, analysis.common.as_slice()), (Some(0), &[0][..]));
}

#[test]
fn without_a_baseline_there_are_times_and_no_speedups() {
    let mut plan = plan(2);
    plan.baseline = None;
    let recorded = record(&plan, steady);
    let analysis = Analysis::new(&recorded);
    assert_eq!(analysis.baseline_label(), None);
    assert!(analysis.pairs.iter().flatten().all(|pair| pair.speedup.is_none()));
    assert!(analysis.pairs[0][1].time_ns.is_some());
    assert!(analysis.geometric_means.iter().all(Option::is_none));
    assert_eq!(analysis.advice, None);
}

#[test]
fn a_first_look_has_no_class_and_no_verdict() {
    let recorded = record(&plan(10), |cell, block| (Outcome::Ok, warming_up(cell, block, 30, 10)));
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[0][1];
    assert_eq!((&pair.stability, pair.verdict, &analysis.advice), (&None, None, &None));
    assert_eq!(pair.iterations(), 150, "the last half of 30 iterations in each of 10 processes");
    assert_eq!(pair.speedup.unwrap().interval.unwrap().method, IntervalMethod::StudentT);
    assert!(analysis.segments().is_empty());
    assert_eq!(analysis.summary()[0].class, "");
}

#[test]
fn few_blocks_give_no_interval() {
    for (blocks, pair_has_one, geometric_mean_has_one) in [(2, false, false), (3, true, false), (4, true, true)] {
        let recorded = record(&plan(blocks), |cell, block| (Outcome::Ok, warming_up(cell, block, 4, 0)));
        let analysis = Analysis::new(&recorded);
        assert_eq!(analysis.pairs[0][1].speedup.unwrap().interval.is_some(), pair_has_one, "{blocks}");
        assert_eq!(estimate(analysis.geometric_means[1]).interval.is_some(), geometric_mean_has_one, "{blocks}");
    }
}

/// A run that is analysed in full.
fn full(invocations: u32) -> Plan {
    Plan { preset: Preset::Standard, ..plan(invocations) }
}

/// `count` iterations of which the first `slow` take three times as long. `base` takes about 1 ms or 2 ms, `fast` 4 %
/// less than that and `native` half; processes scatter by 1 %, iterations by 0.1 %.
fn warming_up(cell: Cell, block: u32, count: u64, slow: u64) -> Vec<u64> {
    let level_ns = (1_000_000 << cell.workload) * [100, 96, 50][cell.contender] / 100;
    let process = u64::from(block * 7919 + cell.contender as u32 * 31 + cell.workload as u32 * 17) % 21;
    let times_ns = (0..count).map(|index| {
        let scatter = level_ns * ((index * index * 7 + index * 3) % 101) / 50_000;
        let level_ns = level_ns * (990 + process) / 1000 + scatter;
        if index < slow { 3 * level_ns } else { level_ns }
    });
    times_ns.collect()
}

#[test]
fn only_steady_iterations_count() {
    let recorded = record(&full(10), |cell, block| (Outcome::Ok, warming_up(cell, block, 100, 60)));
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[0][0];
    let stability = pair.stability.as_ref().unwrap();
    assert_eq!(stability.consistency, Consistency::All(Class::WarmUp));
    assert_eq!((stability.steady_processes, stability.steady_iteration), (10, Some(61.0)));
    assert_eq!(pair.iterations(), 400);
    // The last half of the iterations would be a good part slower.
    assert!((pair.time_ns.unwrap().centre / 1.0e6 - 1.0).abs() < 0.02, "{:?}", pair.time_ns);
    let segments = analysis.segments();
    assert_eq!(segments.len(), 2 * 5 * 10);
    assert_eq!((segments[0].first_iteration, segments[0].last_iteration, segments[1].last_iteration), (1, 60, 100));
    assert_eq!((segments[0].class.as_str(), segments[0].steady_iteration), ("warm-up", Some(61)));
    assert!((segments[1].mean_ns as f64 / 1.0e6 - 1.0).abs() < 0.02);
    let row = &analysis.summary()[0];
    assert_eq!((row.class.as_str(), row.class_at_1_percent.as_str()), ("warm-up", "warm-up"));
    assert_eq!((row.interval.as_str(), row.steady_processes), ("bootstrap_t", Some(10)));
}

#[test]
fn verdicts_are_of_all_pairs_but_the_baseline() {
    let recorded = record(&full(10), |cell, block| (Outcome::Ok, warming_up(cell, block, 40, 0)));
    let analysis = Analysis::new(&recorded);
    for row in &analysis.pairs {
        assert_eq!((row[0].verdict, row[1].verdict), (None, Some(Verdict::Faster)), "{:?}", row[1].speedup);
        assert_eq!(row[0].speedup.unwrap().centre, 1.0);
    }
    assert_eq!(analysis.pairs[0][2].verdict, Some(Verdict::Faster));
    let advice = analysis.advice.unwrap();
    assert!((3..40).contains(&advice.typical_processes), "{advice:?}");
    assert!(advice.most_processes >= advice.typical_processes);
    assert_eq!(advice.iterations_now, 40);
}

#[test]
fn a_process_that_is_not_steady_shows_on_its_pair() {
    let recorded = record(&full(10), |cell, block| {
        let mut times_ns = warming_up(cell, block, 40, 0);
        if cell.contender == 1 && block == 3 {
            times_ns[33..].iter_mut().for_each(|time_ns| *time_ns *= 2);
        }
        (Outcome::Ok, times_ns)
    });
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[0][1];
    let stability = pair.stability.as_ref().unwrap();
    assert_eq!(stability.consistency, Consistency::BadInconsistent);
    assert_eq!((stability.steady_processes, stability.steady_iteration), (9, Some(1.0)));
    assert!(pair.is_unstable());
    let unstable: Vec<&str> = analysis.unstable().map(|(_, contender, _)| contender.name.as_str()).collect();
    assert_eq!(unstable, ["fast", "fast"]);
    // The process without a steady state counts with its last half.
    assert_eq!((pair.processes[2].first_used, pair.processes[1].first_used), (20, 0));
}

#[test]
fn a_late_compilation_is_no_steady_state() {
    let mut recorded = record(&full(10), |cell, block| (Outcome::Ok, warming_up(cell, block, 40, 0)));
    for row in &mut recorded.iterations {
        let is_compiling = row.engine == "fast" && [2, 35].contains(&row.iteration) || row.iteration == 5;
        row.compiles = Some(u64::from(is_compiling));
    }
    let analysis = Analysis::new(&recorded);
    let stability = analysis.pairs[0][1].stability.as_ref().unwrap();
    assert_eq!(stability.consistency, Consistency::All(Class::NoSteadyState));
    assert_eq!((stability.steady_processes, stability.still_compiling), (0, 10));
    let stability = analysis.pairs[0][0].stability.as_ref().unwrap();
    assert_eq!((stability.consistency, stability.steady_iteration), (Consistency::All(Class::WarmUp), Some(6.0)));
}

#[test]
fn too_few_iterations_have_no_class_but_a_verdict() {
    let recorded = record(&full(10), |cell, block| (Outcome::Ok, warming_up(cell, block, 10, 0)));
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[0][1];
    assert_eq!((&pair.stability, pair.verdict, pair.iterations()), (&None, Some(Verdict::Faster), 50));
    assert!(!pair.is_unstable());
}

#[test]
fn the_floor_of_an_earlier_run_holds_verdicts_back() {
    let mut plan = full(10);
    plan.floor = Some(Floor {
        run_id: "earlier".to_string(),
        cpu_model: None,
        size: plan.size,
        relative: 0.08,
        pairs: Vec::new(),
        with_modes: Vec::new(),
        slowed: Vec::new(),
    });
    let recorded = record(&plan, |cell, block| (Outcome::Ok, warming_up(cell, block, 40, 0)));
    let analysis = Analysis::new(&recorded);
    assert_eq!(analysis.pairs[0][1].verdict, Some(Verdict::Equivalent));
    assert_eq!(analysis.pairs[0][2].verdict, Some(Verdict::Faster));
}

#[test]
fn so_does_the_floor_of_its_own_arm() {
    let mut plan = full(10);
    let twin = plan.contenders[1].twin();
    plan.contenders.push(twin);
    let cells: Vec<Cell> = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0), (3, 1)]
        .map(|(contender, workload)| Cell { contender, workload })
        .to_vec();
    plan.blocks = schedule::shuffled_blocks(&cells, 10, 1);
    let run_with_twin_at = |percent: u64| {
        record(&plan, |cell, block| {
            if cell.contender < 3 {
                return (Outcome::Ok, warming_up(cell, block, 40, 0));
            }
            let times_ns = warming_up(Cell { contender: 1, ..cell }, block, 40, 0);
            (Outcome::Ok, times_ns.into_iter().map(|time_ns| time_ns * percent / 100).collect())
        })
    };
    // 4 % faster than the baseline is past a floor of 1 %, and within one of 6 %.
    for (percent, verdict) in [(101, Verdict::Faster), (106, Verdict::Equivalent)] {
        let recorded = run_with_twin_at(percent);
        let analysis = Analysis::new(&recorded);
        let floor = analysis.floor().unwrap();
        assert!((floor.relative - (percent as f64 / 100.0 - 1.0)).abs() < 0.001, "{floor:?}");
        assert_eq!(analysis.pairs[0][1].verdict, Some(verdict));
    }
}

#[test]
fn modes_have_no_mean_and_the_geometric_mean_is_a_bracket() {
    // One process in five of `fast` on `one` is 2.5 times as fast as the others.
    let recorded = record(&plan(5), |cell, block| {
        let time_ns = [4000, 1000, 400][cell.contender] * 1000 + u64::from(block * 7919 % 5) * 100;
        let is_apart = (cell.contender, cell.workload, block) == (1, 0, 3);
        (Outcome::Ok, vec![if is_apart { time_ns * 2 / 5 } else { time_ns }; 4])
    });
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[0][1];
    assert_eq!((pair.time_ns, pair.speedup, pair.verdict), (None, None, None));
    assert_eq!(pair.processes.len(), 5, "nothing is dropped");
    let modes = |modes: &[Mode]| -> Vec<(f64, usize)> {
        modes.iter().map(|mode| ((10.0 * mode.value).round() / 10.0, mode.blocks.len())).collect()
    };
    assert_eq!(modes(&pair.speedup_modes), [(4.0, 4), (10.0, 1)]);
    assert_eq!(pair.time_modes.iter().map(|mode| mode.blocks.clone()).collect::<Vec<_>>(), [vec![3], vec![1, 2, 4, 5]]);
    let MeanValue::Between { slow, fast } = analysis.geometric_means[1].unwrap().value else { panic!("no bracket") };
    assert!((slow - 4.0).abs() < 0.01 && (fast - 40f64.sqrt()).abs() < 0.01, "{slow}..{fast}");
    let row = analysis.summary().into_iter().find(|row| row.engine == "fast" && row.workload == "one").unwrap();
    assert_eq!((row.mean_ns, row.speedup, row.speedup_modes.as_str()), (None, None, "4:3.9994 1:9.9985"));
    assert!(row.modes.starts_with("1:40") && row.modes.contains(" 4:100"), "{}", row.modes);
}

#[test]
fn a_baseline_with_modes_gives_modes_to_all() {
    let recorded = record(&plan(5), |cell, block| {
        let time_ns = [4000, 1000, 400][cell.contender] * 1000 + u64::from(block * 7919 % 5) * 100;
        let is_apart = (cell.contender, cell.workload, block) == (0, 1, 2);
        (Outcome::Ok, vec![if is_apart { time_ns * 2 } else { time_ns }; 4])
    });
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[1][1];
    assert!(pair.time_ns.is_some() && pair.speedup.is_none() && !pair.has_modes());
    assert_eq!(pair.speedup_modes.iter().map(|mode| mode.value.round()).collect::<Vec<_>>(), [4.0, 8.0]);
    assert!(analysis.pairs[0][1].speedup.is_some(), "the other workload has none");
}

#[test]
fn a_mean_of_pairs_that_are_not_steady_says_so_and_one_workload_has_none() {
    let recorded = record(&full(10), |cell, block| {
        let mut times_ns = warming_up(cell, block, 40, 0);
        if cell.contender == 1 {
            times_ns[33..].iter_mut().for_each(|time_ns| *time_ns *= 2);
        }
        (Outcome::Ok, times_ns)
    });
    let analysis = Analysis::new(&recorded);
    assert!(!analysis.geometric_means[1].unwrap().is_steady);
    let mut one = full(10);
    one.workloads.truncate(1);
    one.blocks.iter_mut().for_each(|cells| cells.retain(|cell| cell.workload == 0));
    one.not_applicable.clear();
    let recorded = record(&one, |cell, block| (Outcome::Ok, warming_up(cell, block, 40, 0)));
    assert!(Analysis::new(&recorded).geometric_means.iter().all(Option::is_none));
}

#[test]
fn what_ran_until_it_was_steady_counts_with_its_fresh_iterations() {
    let mut plan = full(10);
    plan.iterations = IterationRule::until_steady(400).unwrap();
    let scattered = |at: u64| 1_000_000 + at * 7919 % 500;
    let recorded = record(&plan, |cell, _| {
        let slow_until = if cell.contender == 1 { 40 } else { 0 };
        let length = if cell.contender == 1 { 160 } else { 200 };
        // The last part of a process is another level: what counts is there.
        let level = |at| if at < slow_until { 2 * scattered(at) } else { scattered(at) };
        (Outcome::Ok, (0..length).map(level).collect())
    });
    let analysis = Analysis::new(&recorded);
    let process = |contender: usize| &analysis.pairs[0][contender].processes[0];
    let start = |contender: usize| process(contender).classification.as_ref().unwrap().steady_start;
    assert_eq!((process(0).first_used, process(0).used_ns().len(), start(0)), (100, 100, Some(0)));
    assert_eq!((process(1).first_used, process(1).used_ns().len(), start(1)), (100, 60, Some(40)));
    // What one more process costs ends with the warm-up, not with the first look.
    assert!((process(1).before_ns() / 80e6 - 1.0).abs() < 0.01, "{}", process(1).before_ns());
    // What nothing has confirmed is not steady, however it looks.
    let recorded = record(&plan, |_, _| (Outcome::Ok, (0..150).map(scattered).collect()));
    let analysis = Analysis::new(&recorded);
    let pair = &analysis.pairs[0][0];
    assert_eq!(pair.stability.as_ref().unwrap().consistency, Consistency::All(Class::NoSteadyState));
    assert_eq!((pair.processes[0].first_used, pair.is_unstable()), (75, true));
}
