//! Differences of small runs written down by hand.

use super::*;
use crate::plan::Plan;
use crate::plan::preset::Preset;
use crate::plan::schedule::Cell;
use crate::record::rows::example::{plan, recorded};

fn full() -> Plan {
    Plan { preset: Preset::Standard, ..plan(10) }
}

/// About 1 ms, times `percent` of the contender; processes scatter by up to 1 % either way.
fn times(percent: [u64; 3]) -> impl Fn(Cell, u32) -> (Outcome, Vec<u64>) {
    move |cell, block| {
        let process = u64::from(block * 7919 + cell.contender as u32 * 31 + cell.workload as u32 * 17) % 21;
        (Outcome::Ok, vec![1000 * percent[cell.contender] * (990 + process) / 100; 30])
    }
}

fn labels(keys: &[&Key]) -> Vec<String> {
    keys.iter().map(|key| format!("{} {}", key.workload, key.contender_label())).collect()
}

#[test]
fn the_same_run_twice_has_no_difference() {
    let run = recorded(&full(), times([100, 100, 100]));
    assert!(unlikeness(&run, &run).is_empty());
    let analysis = Analysis::new(&run);
    let diff = Diff::new(&analysis, &analysis);
    assert_eq!(diff.changes.len(), 5);
    for change in &diff.changes {
        assert_eq!((change.verdict, change.classes), (Verdict::Equivalent, ["flat", "flat"]), "{change:?}");
        assert!(change.time_ratio.interval.unwrap().contains(1.0));
    }
    assert!(diff.regressions(0.0).is_empty() && diff.turns.is_empty() && diff.gone.is_empty() && diff.new.is_empty());
}

#[test]
fn a_regression_has_to_pass_the_limit_with_its_whole_interval() {
    let (before, after) = (recorded(&full(), times([100, 100, 100])), recorded(&full(), times([100, 106, 90])));
    let diff = Diff::new(&Analysis::new(&before), &Analysis::new(&after));
    let of = |contender: &str| diff.changes.iter().find(|change| change.key.contender == contender).unwrap();
    assert_eq!((of("fast").verdict, of("native").verdict), (Verdict::Slower, Verdict::Faster));
    let ratio = of("fast").time_ratio;
    assert!((ratio.centre - 1.06).abs() < 1e-6 && ratio.interval.unwrap().low < 1.06, "{ratio:?}");
    assert_eq!(labels(&diff.regressions(0.0)), ["one fast", "two fast"]);
    assert_eq!(labels(&diff.regressions(4.0)), ["one fast", "two fast"]);
    // The centre is past 5.9 %, the interval is not.
    assert!(diff.regressions(5.9).is_empty());
    let means = diff.by_contender();
    let names: Vec<(&str, usize)> = means.iter().map(|(name, pairs, _)| (name.as_str(), *pairs)).collect();
    assert_eq!(names, [("base", 2), ("fast", 2), ("native", 1)]);
}

#[test]
fn a_slower_yardstick_is_the_machine_and_no_regression() {
    let (before, after) = (recorded(&full(), times([100, 100, 100])), recorded(&full(), times([110, 110, 110])));
    let diff = Diff::new(&Analysis::new(&before), &Analysis::new(&after));
    let control = diff.changes.iter().find(|change| change.key.contender == "base").unwrap();
    assert!(control.is_control && control.verdict == Verdict::Slower);
    assert!((diff.drift.unwrap().centre - 1.1).abs() < 1e-6);
    assert_eq!(labels(&diff.regressions(1.0)), ["one fast", "one native", "two fast"]);
    // Another version of it is no control.
    let mut newer = full();
    newer.contenders[0].version = "2".to_string();
    let after = recorded(&newer, times([110, 110, 110]));
    let diff = Diff::new(&Analysis::new(&before), &Analysis::new(&after));
    assert!(diff.drift.is_none() && diff.changes.iter().all(|change| !change.is_control));
}

#[test]
fn what_stopped_working_is_a_regression_and_what_started_is_not() {
    let broken = |broken: usize| {
        move |cell: Cell, block: u32| match cell.contender {
            contender if contender == broken => (Outcome::WrongResult, vec![]),
            _ => times([100, 100, 100])(cell, block),
        }
    };
    let (before, after) = (recorded(&full(), broken(2)), recorded(&full(), broken(1)));
    let diff = Diff::new(&Analysis::new(&before), &Analysis::new(&after));
    assert_eq!(diff.turns.len(), 3);
    assert_eq!(labels(&diff.regressions(50.0)), ["one fast", "two fast"]);
    let mended = diff.turns.iter().find(|turn| turn.key.contender == "native").unwrap();
    assert_eq!((mended.outcomes, mended.reason.as_str()), ([Outcome::WrongResult, Outcome::Ok], ""));
}

#[test]
fn pairs_of_one_run_only_are_listed() {
    let mut other = full();
    other.workloads[1].name = "three".to_string();
    let (before, after) = (recorded(&full(), times([100; 3])), recorded(&other, times([100; 3])));
    assert!(unlikeness(&before, &after).is_empty(), "another workload is no contradiction");
    let diff = Diff::new(&Analysis::new(&before), &Analysis::new(&after));
    let names = |keys: &[Key]| labels(&keys.iter().collect::<Vec<_>>());
    assert_eq!(names(&diff.gone), ["two base", "two fast", "two native"]);
    assert_eq!(names(&diff.new), ["three base", "three fast", "three native"]);
}

#[test]
fn unlike_runs_are_refused_with_every_reason() {
    let before = recorded(&full(), times([100; 3]));
    let mut after = recorded(&full(), times([100; 3]));
    after.plan.workloads[0].source_hash = "other".to_string();
    after.plan.workloads[1].n = None;
    after.plan.size = crate::plan::workload::Size::Bench;
    after.environment.machine.cpu_model = Some("another".to_string());
    after.plan.preset = Preset::Careful;
    let reasons = unlikeness(&before, &after);
    for (reason, start) in reasons.iter().zip([
        "processor: ",
        "size: test in the first, bench in the second",
        "preset: standard in the first, careful in the second",
        "source of the workload one: ",
        "argument of the workload two: 1 in the first, none in the second",
    ]) {
        assert!(reason.starts_with(start), "{reason}");
    }
    assert_eq!(reasons.len(), 5, "{reasons:?}");
}
