//! Differences of small runs written down by hand.

use super::*;
use crate::plan::Plan;
use crate::plan::preset::Preset;
use crate::plan::schedule::{Cell, shuffled_blocks};
use crate::record::rows::example::{plan, recorded};

/// The example's contenders `base`, `fast` and `native`, and the controls `base` and `other`.
fn full() -> Plan {
    let mut plan = Plan { preset: Preset::Standard, ..plan(10) };
    plan.contenders[0].program_hash = Some("base".to_string());
    let hash = Some("other".to_string());
    plan.contenders.push(Contender { program_hash: hash, ..Contender::new("other", Kind::Yardstick, "1") });
    in_blocks(plan)
}

/// The plan with all pairs of its contenders in its blocks.
fn in_blocks(mut plan: Plan) -> Plan {
    let cells: Vec<Cell> = (0..plan.contenders.len())
        .flat_map(|contender| (0..2).map(move |workload| Cell { contender, workload }))
        .filter(|cell| !plan.not_applicable.iter().any(|never| never.cell == *cell))
        .collect();
    plan.blocks = shuffled_blocks(&cells, plan.invocations, plan.seed);
    plan
}

/// About 1 ms, times `percent` of the contender; processes scatter by up to 1 % either way.
fn times(percent: [u64; 4]) -> impl Fn(Cell, u32) -> (Outcome, Vec<u64>) {
    move |cell, block| {
        let process = u64::from(block * 7919 + cell.contender as u32 * 31 + cell.workload as u32 * 17) % 21;
        (Outcome::Ok, vec![1000 * percent[cell.contender] * (990 + process) / 100; 30])
    }
}

fn labels<'a>(keys: impl IntoIterator<Item = &'a Key>) -> Vec<String> {
    keys.into_iter().map(|key| format!("{} {}", key.workload, key.contender_label())).collect()
}

fn diff_with(before: &Recorded, after: &Recorded, wish: &Wish) -> Result<Diff, UsageError> {
    Diff::new(&Analysis::new(before), &Analysis::new(after), wish)
}

fn diff(before: &Recorded, after: &Recorded) -> Diff {
    diff_with(before, after, &Wish::default()).unwrap()
}

#[test]
fn the_same_run_twice_has_no_difference() {
    let run = recorded(&full(), times([100; 4]));
    assert!(unlikeness(&run, &run, &[]).is_empty());
    let diff = diff(&run, &run);
    assert_eq!((diff.changes.len(), diff.controls.join(" ")), (7, "base other".to_string()));
    for change in diff.changes.iter().filter(|change| !change.is_control) {
        assert_eq!((change.verdict, change.classes), (Verdict::Equivalent, ["flat", "flat"]), "{change:?}");
        assert!(change.time_ratio.unwrap().interval.unwrap().contains(1.0));
    }
    let gate = diff.gate(5.0);
    assert!(!gate.is_regression() && !gate.is_inconclusive && gate.half_width.unwrap() < 0.02, "{gate:?}");
    assert!(diff.turns.is_empty() && diff.gone.is_empty() && diff.new.is_empty());
}

#[test]
fn a_regression_has_to_be_past_the_limit() {
    let (before, after) = (recorded(&full(), times([100; 4])), recorded(&full(), times([100, 106, 90, 100])));
    let diff = diff(&before, &after);
    let of = |contender: &str| diff.changes.iter().find(|change| change.key.contender == contender).unwrap();
    assert_eq!((of("fast").verdict, of("native").verdict), (Verdict::Slower, Verdict::Faster));
    let ratio = of("fast").time_ratio.unwrap();
    assert!((ratio.centre - 1.06).abs() < 1e-6 && ratio.interval.unwrap().low < 1.06, "{ratio:?}");
    assert_eq!(labels(&diff.gate(4.0).slower), ["one fast", "two fast"]);
    // The centre is past 5.9 %, but not surely.
    assert!(diff.gate(5.9).slower.is_empty());
    let means = diff.by_contender();
    let names: Vec<(&str, usize)> = means.iter().map(|(name, pairs, _)| (name.as_str(), *pairs)).collect();
    assert_eq!(names, [("fast", 2), ("native", 1)]);
}

#[test]
fn a_machine_that_is_slower_or_faster_neither_makes_nor_hides_a_regression() {
    let before = recorded(&full(), times([100; 4]));
    // Twice as slow, and nothing has changed.
    let slow = diff(&before, &recorded(&full(), times([200; 4])));
    assert!((slow.machine.unwrap().centre - 2.0).abs() < 1e-6);
    assert!(!slow.gate(1.0).is_regression());
    // Twice as fast, and one contender has lost a tenth of it.
    let hidden = diff(&before, &recorded(&full(), times([50, 55, 50, 50])));
    assert_eq!(labels(&hidden.gate(5.0).slower), ["one fast", "two fast"]);
    let fast = hidden.changes.iter().find(|change| change.key.contender == "fast").unwrap();
    assert!(fast.raw.unwrap().centre < 0.6 && fast.time_ratio.unwrap().centre > 1.09, "{fast:?}");
}

#[test]
fn without_controls_that_are_the_same_program_nothing_is_judged() {
    let before = recorded(&full(), times([100; 4]));
    // Another program under the same name and version, and one of which nobody knows.
    let mut other = full();
    other.contenders[0].program_hash = Some("another".to_string());
    other.contenders[3].program_hash = None;
    let after = recorded(&other, times([100, 200, 100, 100]));
    let unjudged = diff(&before, &after);
    assert!(unjudged.machine.is_none() && unjudged.controls.is_empty());
    assert!(unjudged.changes.iter().all(|change| change.time_ratio.is_none()));
    let gate = unjudged.gate(5.0);
    assert!(!gate.is_regression() && gate.is_inconclusive && gate.half_width == Some(f64::INFINITY), "{gate:?}");
    let asked = Wish { controls: Some(vec!["base".to_string()]), ..Wish::default() };
    let problem = diff_with(&before, &after, &asked).unwrap_err().0;
    assert!(problem.contains("'base' can be none: its program or its arguments are not the same"), "{problem}");
    let unknown = Wish { controls: Some(vec!["lua6".to_string()]), ..Wish::default() };
    assert!(diff_with(&before, &after, &unknown).unwrap_err().0.contains("unknown control 'lua6'"));
}

#[test]
fn one_control_needs_the_floor_of_an_arm() {
    let one = Wish { controls: Some(vec!["base".to_string()]), ..Wish::default() };
    let run = recorded(&full(), times([100; 4]));
    let without = diff_with(&run, &run, &one).unwrap();
    assert_eq!(without.scatter, ScatterSource::Unknown);
    assert!(without.gate(5.0).is_inconclusive);
    let mut with_floor = full();
    let pair = crate::plan::floor::IdenticalPair {
        engine: "fast".to_string(),
        engine_config: String::new(),
        workload: "one".to_string(),
        blocks: 10,
        ratio: 1.01,
        interval: None,
        log_deviation: None,
    };
    with_floor.floor = Some(crate::plan::floor::Floor {
        run_id: "aa".to_string(),
        cpu_model: None,
        size: with_floor.size,
        relative: 0.01,
        pairs: vec![pair; 20],
        with_modes: Vec::new(),
        slowed: Vec::new(),
    });
    let run = recorded(&with_floor, times([100; 4]));
    let with = diff_with(&run, &run, &one).unwrap();
    assert!(matches!(with.scatter, ScatterSource::Floor(_)) && !with.gate(5.0).is_inconclusive);
    // What is no control any more is judged.
    assert!(with.changes.iter().any(|change| change.key.contender == "other" && change.time_ratio.is_some()));
}

#[test]
fn what_stopped_working_is_a_regression_and_what_started_is_not() {
    let broken = |broken: usize| {
        move |cell: Cell, block: u32| match cell.contender {
            contender if contender == broken => (Outcome::WrongResult, vec![]),
            _ => times([100; 4])(cell, block),
        }
    };
    let diff = diff(&recorded(&full(), broken(2)), &recorded(&full(), broken(1)));
    assert_eq!(diff.turns.len(), 3);
    assert_eq!(labels(&diff.gate(50.0).broken), ["one fast", "two fast"]);
    let mended = diff.turns.iter().find(|turn| turn.key.contender == "native").unwrap();
    assert_eq!((mended.outcomes, mended.reason.as_str()), ([Outcome::WrongResult, Outcome::Ok], ""));
}

#[test]
fn what_is_missing_is_a_regression_unless_it_was_renamed() {
    let mut other = full();
    other.workloads[1].name = "three".to_string();
    other.contenders[1].name = "faster".to_string();
    let (before, after) = (recorded(&full(), times([100; 4])), recorded(&other, times([100; 4])));
    assert!(unlikeness(&before, &after, &[]).is_empty(), "another workload is no contradiction");
    let gone = diff(&before, &after);
    assert_eq!(labels(&gone.gone), ["one fast", "two base", "two fast", "two other"]);
    assert_eq!(labels(&gone.new), ["one faster", "three base", "three faster", "three other"]);
    assert_eq!(gone.gate(5.0).missing, gone.gone);
    let renamed = |old: &str, new: &str| {
        let renamed = vec![Renamed { old: old.to_string(), new: new.to_string() }];
        Wish { renamed, ..Wish::default() }
    };
    let found = diff_with(&before, &after, &renamed("fast", "faster")).unwrap();
    assert_eq!(labels(&found.gone), ["two base", "two fast", "two other"]);
    assert!(found.changes.iter().any(|change| change.key.contender == "fast"));
    let problem = diff_with(&before, &after, &renamed("quick", "faster")).unwrap_err().0;
    assert!(problem.starts_with("--map: in the first run: unknown contender 'quick'"), "{problem}");
    let problem = diff_with(&before, &after, &renamed("fast", "quick")).unwrap_err().0;
    assert!(problem.starts_with("--map: in the second run: unknown contender 'quick'"), "{problem}");
}

#[test]
fn unlike_runs_are_refused_with_every_reason() {
    let before = recorded(&full(), times([100; 4]));
    let mut after = recorded(&full(), times([100; 4]));
    after.plan.workloads[0].source_hash = "other".to_string();
    after.plan.workloads[1].n = None;
    after.plan.size = crate::plan::workload::Size::Bench;
    after.environment.machine.cpu_model = Some("another".to_string());
    after.plan.preset = Preset::Careful;
    let reasons = unlikeness(&before, &after, &[]);
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

#[test]
fn what_has_modes_is_neither_control_nor_judged() {
    let two_modes = |cell: Cell, block: u32| {
        let (outcome, times_ns) = times([100; 4])(cell, block);
        let is_apart = cell.contender != 2 && cell.workload == 0 && block.is_multiple_of(5);
        (outcome, times_ns.into_iter().map(|time_ns| if is_apart { 2 * time_ns } else { time_ns }).collect())
    };
    let diff = diff(&recorded(&full(), times([100; 4])), &recorded(&full(), two_modes));
    let of = |workload: &str, contender: &str| {
        let is_it =
            |change: &&Change| (change.key.workload.as_str(), change.key.contender.as_str()) == (workload, contender);
        diff.changes.iter().find(is_it).unwrap()
    };
    let apart = of("one", "fast");
    assert!(apart.raw.is_none() && apart.time_ratio.is_none(), "{apart:?}");
    assert_eq!([apart.modes[0].len(), apart.modes[1].len()], [0, 2]);
    // No control of that workload is left, so nothing on it is judged.
    assert!(of("one", "native").time_ratio.is_none() && of("two", "fast").time_ratio.is_some());
}
